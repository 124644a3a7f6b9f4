//! An ONNX model under construction. Field numbers are those of `onnx.proto`.

use onnx::{FLOAT, INT64, Message, node, tensor};

pub(crate) use onnx::Attribute;

use crate::tensor::{Tensor, Values};

/// The operator set that the nodes are written for; ONNX Runtime reads it since 1.7.
const OPSET: i64 = 13;
/// The file format that goes with it.
const IR: i64 = 7;

/// A side of an input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dim {
    Fixed(usize),
    Named(&'static str),
}

/// A model: values are named in the order in which they are made, so that the same calls write the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Model {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    made: usize,
}

impl Model {
    /// An input of floats.
    pub(crate) fn input(&mut self, name: &str, shape: &[Dim]) -> String {
        self.inputs.push(value(name, Some(shape)));
        name.to_owned()
    }

    /// A constant; integers become 64 bits wide, as ONNX wants shapes.
    pub(crate) fn constant(&mut self, constant: &Tensor) -> String {
        let name = self.name();
        let (kind, raw): (_, Vec<u8>) = match &constant.values {
            Values::Float(values) => (
                FLOAT,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
            Values::Int(values) => (
                INT64,
                values
                    .iter()
                    .flat_map(|value| i64::from(*value).to_le_bytes())
                    .collect(),
            ),
        };
        let constant = tensor(&name, &constant.shape, kind, &raw);
        self.constants.push(constant);
        name
    }

    /// A constant list of integers.
    pub(crate) fn integers(&mut self, values: &[i32]) -> String {
        self.constant(&Tensor {
            shape: vec![values.len()],
            values: Values::Int(values.to_vec()),
        })
    }

    /// A constant float without dimensions.
    pub(crate) fn scalar(&mut self, value: f32) -> String {
        self.constant(&Tensor::float(&[], vec![value]))
    }

    /// A node with one output, whose name is returned.
    pub(crate) fn node(&mut self, op: &str, inputs: &[&str], attributes: &[Attribute]) -> String {
        let output = self.name();
        self.nodes.push(node(op, inputs, &output, attributes));
        output
    }

    /// Makes `value` an output called `name`.
    pub(crate) fn output(&mut self, name: &str, from: &str) {
        self.nodes.push(node("Identity", &[from], name, &[]));
        self.outputs.push(value(name, None));
    }

    /// The file.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let mut graph = Message::default();
        for node in self.nodes {
            graph.message(1, node);
        }
        graph.bytes(2, "graph");
        for (field, messages) in [(5, self.constants), (11, self.inputs), (12, self.outputs)] {
            for message in messages {
                graph.message(field, message);
            }
        }
        let mut opset = Message::default();
        opset.bytes(1, "").number(2, OPSET);
        let mut model = Message::default();
        model
            .number(1, IR)
            .bytes(2, "rostro-tfjs")
            .message(7, graph)
            .message(8, opset);
        model.into_bytes()
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("v{}", self.made)
    }
}

/// A `ValueInfoProto` of floats; without a shape it is left to the reader to infer it.
fn value(name: &str, shape: Option<&[Dim]>) -> Message {
    let mut tensor = Message::default();
    tensor.number(1, FLOAT);
    if let Some(sides) = shape {
        let mut shape = Message::default();
        for side in sides {
            let mut dim = Message::default();
            match side {
                Dim::Fixed(size) => dim.number(1, *size as i64),
                Dim::Named(name) => dim.bytes(2, name),
            };
            shape.message(1, dim);
        }
        tensor.message(2, shape);
    }
    let mut kind = Message::default();
    kind.message(1, tensor);
    let mut value = Message::default();
    value.bytes(1, name).message(2, kind);
    value
}
