//! PReLU in terms of operators that ONNX Runtime is quick at.
//!
//! ONNX Runtime keeps convolutions' values in blocks of channels, and brings them back into rows and again into blocks around each
//! `PRelu`, which it has in rows only, and slowly. With a slope `s` for each channel the same is `s x + (1 - s) max(x, 0)`, two scalings of
//! channels and a `Relu`, all of which it has in blocks; with one slope for all it is a `LeakyRelu`. Models of which every convolution is
//! followed by a `PRelu` take about half the time.

use std::collections::HashMap;

use crate::{
    Attribute, FLOAT, Message, node,
    read::{Field, Value, fields, packed},
    tensor,
};

// Fields of onnx.proto.
const MODEL_GRAPH: u32 = 7;
const MODEL_OPSETS: u32 = 8;
const OPSET_DOMAIN: u32 = 1;
const OPSET_VERSION: u64 = 2;
const GRAPH_NODE: u32 = 1;
const GRAPH_INITIALIZER: u32 = 5;
const NODE_INPUT: u32 = 1;
const NODE_OUTPUT: u32 = 2;
const NODE_OPERATOR: u32 = 4;
const TENSOR_DIMS: u32 = 1;
const TENSOR_TYPE: u32 = 2;
const TENSOR_FLOATS: u32 = 4;
const TENSOR_NAME: u32 = 8;
const TENSOR_RAW: u32 = 9;

/// From this version of the operators on, `BatchNormalization` with one output scales as it is meant here.
const LEAST_OPSET: u64 = 9;

/// The model with every `PRelu` of one slope, or of one a channel, `[C, 1, 1]`, replaced, which changes results by rounding only; `None` when it has
/// none, or is not understood. A `PRelu` of any other kind stays.
///
/// The values must have four dimensions, the channels second, as those of pictures have; of others the result does not load.
#[must_use]
pub fn without_prelu(model: &[u8]) -> Option<Vec<u8>> {
    let model = fields(model)?;
    if opset(&model)? < LEAST_OPSET {
        return None;
    }
    let (at, graph) = model.iter().enumerate().find_map(|(at, field)| {
        let graph = field.bytes(MODEL_GRAPH.into())?;
        Some((at, without_prelu_in(graph)?))
    })?;
    let mut out = Message::default();
    model[..at].iter().for_each(|field| out.copy(field.raw));
    out.message(MODEL_GRAPH, graph);
    model[at + 1..].iter().for_each(|field| out.copy(field.raw));
    Some(out.into_bytes())
}

/// The version of ONNX's own operators.
fn opset(model: &[Field<'_>]) -> Option<u64> {
    let sets = model
        .iter()
        .filter_map(|field| field.bytes(MODEL_OPSETS.into()));
    let mut versions = sets.filter_map(|set| {
        let set = fields(set)?;
        let domain = set
            .iter()
            .find_map(|field| field.bytes(OPSET_DOMAIN.into()));
        let own = domain.is_none_or(|name| name.is_empty() || name == b"ai.onnx");
        let version = set.iter().find_map(|field| match field.value {
            Value::Number(version) if field.number == OPSET_VERSION => Some(version),
            _ => None,
        })?;
        own.then_some(version)
    });
    versions.next()
}

/// The graph without what can be replaced; `None` when nothing can.
fn without_prelu_in(graph: &[u8]) -> Option<Message> {
    let graph = fields(graph)?;
    let tensors = graph
        .iter()
        .filter_map(|field| field.bytes(GRAPH_INITIALIZER.into()));
    let tensors: HashMap<&[u8], &[u8]> = tensors
        .filter_map(|tensor| Some((name_of(tensor)?, tensor)))
        .collect();
    let nodes = graph.iter().map(|field| field.bytes(GRAPH_NODE.into()));
    let found = nodes.map(|node| PRelu::read(node?, &tensors));
    let found: Vec<Option<PRelu<'_>>> = found.collect();
    if found.iter().all(Option::is_none) {
        return None;
    }
    let mut out = Message::default();
    for (field, node) in graph.iter().zip(found) {
        match node {
            Some(node) => node.write(&mut out),
            None => out.copy(field.raw),
        }
    }
    Some(out)
}

fn name_of(tensor: &[u8]) -> Option<&[u8]> {
    let name = |field: &Field<'_>| field.number == u64::from(TENSOR_NAME);
    let fields = fields(tensor)?;
    let found = fields.into_iter().find(name)?;
    found.bytes(TENSOR_NAME.into())
}

/// A node that can be replaced.
struct PRelu<'a> {
    input: &'a str,
    output: &'a str,
    slopes: Vec<f32>,
}

impl<'a> PRelu<'a> {
    fn read(node: &'a [u8], tensors: &HashMap<&[u8], &[u8]>) -> Option<Self> {
        let node = fields(node)?;
        let all = |number: u32| node.iter().filter_map(move |f| f.bytes(number.into()));
        if all(NODE_OPERATOR).next()? != b"PRelu" {
            return None;
        }
        let mut inputs = all(NODE_INPUT);
        let (input, slope) = (inputs.next()?, inputs.next()?);
        Some(Self {
            input: std::str::from_utf8(input).ok()?,
            output: std::str::from_utf8(all(NODE_OUTPUT).next()?).ok()?,
            slopes: slopes(tensors.get(slope)?)?,
        })
    }

    /// Puts what does the same into a graph.
    fn write(&self, graph: &mut Message) {
        if let [slope] = self.slopes.as_slice() {
            let alpha = Attribute::Float("alpha", *slope);
            let leaky = node("LeakyRelu", &[self.input], self.output, &[alpha]);
            graph.message(GRAPH_NODE, leaky);
            return;
        }
        let own = |part: &str| format!("{}/prelu/{part}", self.output);
        let count = self.slopes.len();
        let rest = self.slopes.iter().map(|slope| 1.0 - slope).collect();
        let constants = [
            ("slopes", self.slopes.clone()),
            ("rest", rest),
            ("zeros", vec![0.0; count]),
            ("ones", vec![1.0; count]),
        ];
        for (name, values) in constants {
            graph.message(GRAPH_INITIALIZER, constant(&own(name), &values));
        }
        let (positive, scaled, added) = (own("positive"), own("scaled"), own("added"));
        let (zeros, ones) = (own("zeros"), own("ones"));
        let scale = |input: &str, by: &str, output: &str| {
            let inputs = [input, by, &zeros, &zeros, &ones];
            let epsilon = Attribute::Float("epsilon", 0.0);
            node("BatchNormalization", &inputs, output, &[epsilon])
        };
        let nodes = [
            node("Relu", &[self.input], &positive, &[]),
            scale(self.input, &own("slopes"), &scaled),
            scale(&positive, &own("rest"), &added),
            node("Add", &[&scaled, &added], self.output, &[]),
        ];
        for node in nodes {
            graph.message(GRAPH_NODE, node);
        }
    }
}

/// One slope, or one a channel; `None` for a tensor that is not of 32-bit floats in the file itself, or of another shape.
fn slopes(tensor: &[u8]) -> Option<Vec<f32>> {
    let (mut dims, mut values, mut kind) = (Vec::new(), Vec::new(), None);
    for field in fields(tensor)? {
        match (u32::try_from(field.number).ok()?, field.value) {
            (TENSOR_DIMS, Value::Number(dim)) => dims.push(dim),
            (TENSOR_DIMS, Value::Bytes(bytes)) => dims.extend(packed(bytes)?),
            (TENSOR_TYPE, Value::Number(number)) => kind = Some(number),
            (TENSOR_FLOATS, Value::Four(bytes)) => values.push(f32::from_le_bytes(bytes)),
            (TENSOR_FLOATS | TENSOR_RAW, Value::Bytes(bytes)) => {
                let (floats, rest) = bytes.as_chunks::<4>();
                if !rest.is_empty() {
                    return None;
                }
                values.extend(floats.iter().copied().map(f32::from_le_bytes));
            }
            _ => {}
        }
    }
    let shaped = match dims.as_slice() {
        [channels, 1, 1] => *channels == values.len() as u64 && *channels > 0,
        dims => dims.iter().all(|side| *side == 1) && values.len() == 1,
    };
    (kind == u64::try_from(FLOAT).ok() && shaped).then_some(values)
}

fn constant(name: &str, values: &[f32]) -> Message {
    let raw = values.iter().flat_map(|value| value.to_le_bytes());
    tensor(name, &[values.len()], FLOAT, &raw.collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(opset: i64, operator: &str, slopes: Message) -> Vec<u8> {
        let mut node = Message::default();
        node.bytes(NODE_INPUT, "x")
            .bytes(NODE_INPUT, "s")
            .bytes(NODE_OUTPUT, "y")
            .bytes(NODE_OPERATOR, operator);
        let mut graph = Message::default();
        graph
            .message(GRAPH_NODE, node)
            .bytes(2, "a graph")
            .message(GRAPH_INITIALIZER, slopes);
        let mut set = Message::default();
        set.number(2, opset);
        let mut model = Message::default();
        model
            .number(1, 7)
            .message(MODEL_GRAPH, graph)
            .message(MODEL_OPSETS, set);
        model.into_bytes()
    }

    /// `s` in the layout `[C, 1, 1]`, or in another one.
    fn slopes_of(values: &[f32], after: &[i64]) -> Message {
        let mut tensor = Message::default();
        tensor.number(TENSOR_DIMS, values.len() as i64);
        for dim in after {
            tensor.number(TENSOR_DIMS, *dim);
        }
        tensor.number(TENSOR_TYPE, FLOAT).bytes(TENSOR_NAME, "s");
        for value in values {
            tensor.float(TENSOR_FLOATS, *value);
        }
        tensor
    }

    /// Operators, inputs and outputs of a model's nodes.
    fn nodes(model: &[u8]) -> Vec<(String, Vec<String>, String)> {
        let graph = fields(model)
            .unwrap()
            .into_iter()
            .find_map(|field| field.bytes(MODEL_GRAPH.into()));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        fields(graph.unwrap())
            .unwrap()
            .into_iter()
            .filter_map(|field| field.bytes(GRAPH_NODE.into()))
            .map(|node| {
                let node = fields(node).unwrap();
                let all = |number: u32| -> Vec<String> {
                    node.iter()
                        .filter_map(|field| field.bytes(number.into()).map(text))
                        .collect()
                };
                (
                    all(NODE_OPERATOR).remove(0),
                    all(NODE_INPUT),
                    all(NODE_OUTPUT).remove(0),
                )
            })
            .collect()
    }

    #[test]
    fn a_slope_a_channel_becomes_scalings() {
        let new = without_prelu(&model(13, "PRelu", slopes_of(&[0.25, -0.5], &[1, 1]))).unwrap();
        let nodes = nodes(&new);
        let operators: Vec<&str> = nodes.iter().map(|(operator, ..)| &**operator).collect();
        let scaling = "BatchNormalization";
        assert_eq!(operators, ["Relu", scaling, scaling, "Add"]);
        assert_eq!(nodes[0].1, ["x"]);
        assert_eq!(nodes[3].2, "y");
        assert_eq!(without_prelu(&new), None, "there is none any more");
    }

    #[test]
    fn one_slope_for_all_is_leaky() {
        for after in [vec![1, 1], Vec::new()] {
            let new = without_prelu(&model(13, "PRelu", slopes_of(&[0.25], &after))).unwrap();
            let leaky = ("LeakyRelu".to_owned(), vec!["x".to_owned()], "y".to_owned());
            assert_eq!(nodes(&new), [leaky]);
        }
    }

    #[test]
    fn whatever_else_stays_as_it_is() {
        let fine = || slopes_of(&[0.25, -0.5], &[1, 1]);
        let others = [
            model(8, "PRelu", fine()),
            model(13, "LeakyRelu", fine()),
            model(13, "PRelu", slopes_of(&[0.25, 0.5], &[1])),
            model(13, "PRelu", slopes_of(&[0.25, 0.5], &[2, 1])),
            model(13, "PRelu", Message::default()),
            Vec::new(),
            b"no model".to_vec(),
        ];
        for model in others {
            assert_eq!(without_prelu(&model), None);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_read_or_refused(at in 0..200_usize, byte in any::<u8>(), cut in 0..200_usize) {
            let mut model = model(13, "PRelu", slopes_of(&[0.25, -0.5], &[1, 1]));
            let (at, cut) = (at % model.len(), cut % model.len());
            model[at] = byte;
            let _ = without_prelu(&model);
            let _ = without_prelu(&model[..cut]);
        }
    }
}
