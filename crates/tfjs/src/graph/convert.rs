//! The walk over a graph: every node after its inputs.

use std::collections::BTreeMap;

use super::{
    conv, elementwise, shape,
    topology::{Graph, Node, read, source},
};
use crate::{
    Error,
    model::{Dim, Model},
    tensor::Tensor,
    weights::{self, Weights},
};

/// What to convert of a graph, and how.
#[derive(Debug, Clone, Default)]
pub struct GraphOptions<'a> {
    /// Nodes to be outputs, each with its name in the converted model; empty: those that the model's signature names.
    pub outputs: &'a [(&'a str, &'a str)],
    /// The input's height and width are left open, for graphs that only slide over the picture up to their outputs.
    pub any_size: bool,
}

/// Converts the graph model `model_json` with the weights in `weights`, the bytes of [`crate::weight_files`] one after the other.
///
/// # Errors
/// Every [`Error`].
pub fn convert(
    model_json: &str,
    weights: &[u8],
    options: &GraphOptions<'_>,
) -> Result<Vec<u8>, Error> {
    let graph = read(model_json)?;
    let weights = weights::read(&weights::groups(model_json)?, weights)?;
    let mut walk = Walk {
        graph: &graph,
        weights,
        any_size: options.any_size,
        model: Model::default(),
        values: BTreeMap::new(),
    };
    let named: Vec<(&str, &str)> = match options.outputs {
        [] => graph
            .outputs
            .iter()
            .map(|name| (name.as_str(), name.as_str()))
            .collect(),
        outputs => outputs.to_vec(),
    };
    if named.is_empty() {
        return Err(Error::Format(
            "it does not say what its outputs are".to_owned(),
        ));
    }
    for (node, name) in named {
        let value = walk.value(node)?;
        let Value::Made { name: made, .. } = value else {
            return Err(Error::Format(format!(
                "the output {node} does not depend on the input"
            )));
        };
        walk.model.output(name, &made);
    }
    Ok(walk.model.into_bytes())
}

/// What a node stands for.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Known now.
    Constant(Tensor),
    /// Computed; with four dimensions it is kept as `[N, C, H, W]`, else as TensorFlow has it.
    Made { name: String, rank: usize },
}

pub(super) struct Walk<'a> {
    graph: &'a Graph,
    weights: Weights,
    any_size: bool,
    pub(super) model: Model,
    values: BTreeMap<String, Value>,
}

impl Walk<'_> {
    /// The value of the node `name`, after those that it needs. Iterative: a hostile graph may be as deep as it is long.
    fn value(&mut self, name: &str) -> Result<Value, Error> {
        let graph = self.graph;
        let mut open: Vec<(&Node, usize)> = vec![(find(graph, name)?, 0)];
        let mut entered = std::collections::BTreeSet::from([name]);
        while let Some((node, next)) = open.pop() {
            if self.values.contains_key(&node.name) {
                continue;
            }
            // Inputs that begin with ^ only order side effects.
            if let Some(input) = node.input.get(next).filter(|input| !input.starts_with('^')) {
                open.push((node, next + 1));
                let input = find(graph, source(input))?;
                if !self.values.contains_key(&input.name) {
                    if !entered.insert(&input.name) {
                        return Err(input.fault("it depends on itself"));
                    }
                    open.push((input, 0));
                }
                continue;
            }
            if next < node.input.len() {
                open.push((node, next + 1));
                continue;
            }
            let value = self.translate(node)?;
            self.values.insert(node.name.clone(), value);
        }
        self.values
            .get(name)
            .cloned()
            .ok_or_else(|| Error::Format(format!("the node {name} has no value")))
    }

    fn translate(&mut self, node: &Node) -> Result<Value, Error> {
        match node.op.as_str() {
            "Placeholder" => self.placeholder(node),
            "Const" => match self.weights.get(&node.name) {
                Some(tensor) => Ok(Value::Constant(tensor.clone())),
                None => Err(Error::weight(&node.name, "it is missing")),
            },
            "Identity" => self.input(node, 0),
            "Conv2D" | "_FusedConv2D" => conv::convolution(self, node, false),
            "DepthwiseConv2dNative" | "FusedDepthwiseConv2dNative" => {
                conv::convolution(self, node, true)
            }
            "MaxPool" | "AvgPool" => conv::pool(self, node),
            "MatMul" | "_FusedMatMul" => conv::multiply(self, node),
            "Add" | "AddV2" | "BiasAdd" => elementwise::binary(self, node, "Add"),
            "Sub" => elementwise::binary(self, node, "Sub"),
            "Mul" => elementwise::binary(self, node, "Mul"),
            "RealDiv" => elementwise::binary(self, node, "Div"),
            "Minimum" => elementwise::binary(self, node, "Min"),
            "Maximum" => elementwise::binary(self, node, "Max"),
            "Prelu" => elementwise::prelu(self, node),
            "Relu" | "Relu6" | "Sigmoid" | "LeakyRelu" | "Tanh" => {
                let (value, rank) = self.made(node, 0)?;
                let name = elementwise::activation(self, node, &node.op, value)?;
                Ok(Value::Made { name, rank })
            }
            "Softmax" => elementwise::softmax(self, node),
            "Pad" => shape::pad(self, node),
            "Mean" => shape::mean(self, node),
            "Reshape" => shape::reshape(self, node),
            "Squeeze" => shape::squeeze(self, node),
            "ConcatV2" => shape::concat(self, node),
            _ => Err(node.fault("this operator is not translated")),
        }
    }

    fn placeholder(&mut self, node: &Node) -> Result<Value, Error> {
        let shape = node.shape().ok_or_else(|| node.fault("it has no shape"))?;
        let [count, height, width, channels] = shape[..] else {
            return Err(node.fault("it is not a picture of four dimensions"));
        };
        let side = |size: i64, open: &'static str| match usize::try_from(size) {
            Ok(size) if size > 0 => Dim::Fixed(size),
            _ => Dim::Named(open),
        };
        let [height, width] = if self.any_size {
            [Dim::Named("height"), Dim::Named("width")]
        } else {
            [side(height, "height"), side(width, "width")]
        };
        let sides = [
            side(count, "count"),
            side(channels, "channels"),
            height,
            width,
        ];
        Ok(Value::Made {
            name: self.model.input("input", &sides),
            rank: 4,
        })
    }

    /// The value of a node's input.
    pub(super) fn input(&self, node: &Node, index: usize) -> Result<Value, Error> {
        let value = node
            .input
            .get(index)
            .and_then(|name| self.values.get(source(name)));
        value
            .cloned()
            .ok_or_else(|| node.fault(format!("it has no input {index}")))
    }

    /// A computed input: its name and number of dimensions.
    pub(super) fn made(&self, node: &Node, index: usize) -> Result<(String, usize), Error> {
        match self.input(node, index)? {
            Value::Made { name, rank } => Ok((name, rank)),
            Value::Constant(_) => Err(node.fault(format!("its input {index} is a constant"))),
        }
    }

    /// A constant input.
    pub(super) fn constant(&self, node: &Node, index: usize) -> Result<Tensor, Error> {
        match self.input(node, index)? {
            Value::Constant(tensor) => Ok(tensor),
            Value::Made { .. } => Err(node.fault(format!("its input {index} is not a constant"))),
        }
    }

    /// A constant input that is a list of integers.
    pub(super) fn integers(&self, node: &Node, index: usize) -> Result<Vec<i32>, Error> {
        let tensor = self.constant(node, index)?;
        let values = tensor
            .ints()
            .ok_or_else(|| node.fault(format!("its input {index} is not of integers")))?;
        Ok(values.to_vec())
    }

    /// How many inputs a node has, without those that only order side effects.
    pub(super) fn inputs(node: &Node) -> usize {
        node.input
            .iter()
            .filter(|input| !input.starts_with('^'))
            .count()
    }

    /// A value of four dimensions as TensorFlow has it, for operators that look at the order.
    pub(super) fn as_tensorflow(&mut self, name: String, rank: usize) -> String {
        match rank {
            4 => self.transposed(&name, [0, 2, 3, 1]),
            _ => name,
        }
    }

    pub(super) fn transposed(&mut self, name: &str, order: [i64; 4]) -> String {
        self.model.node(
            "Transpose",
            &[name],
            &[crate::model::Attribute::Ints("perm", order.to_vec())],
        )
    }
}

fn find<'g>(graph: &'g Graph, name: &str) -> Result<&'g Node, Error> {
    graph
        .nodes
        .get(name)
        .ok_or_else(|| Error::Format(format!("there is no node {name}")))
}
