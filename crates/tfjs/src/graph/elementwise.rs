//! Operators that look at one value at a time.

use super::{
    convert::{Value, Walk},
    topology::Node,
};
use crate::{Error, model::Attribute, tensor::Tensor};

/// An operator of two operands, at least one of them made.
pub(super) fn binary(walk: &mut Walk<'_>, node: &Node, op: &str) -> Result<Value, Error> {
    let operands = [walk.input(node, 0)?, walk.input(node, 1)?];
    let rank = operands
        .iter()
        .filter_map(|operand| match operand {
            Value::Made { rank, .. } => Some(*rank),
            Value::Constant(_) => None,
        })
        .max()
        .ok_or_else(|| node.fault("both operands are constants"))?;
    let mut names = Vec::with_capacity(2);
    for operand in operands {
        names.push(match operand {
            Value::Made { name, rank: own } if own == rank || rank < 4 => name,
            // Its missing dimensions would be added on the wrong side.
            Value::Made { .. } => {
                return Err(node.fault("a picture meets a value of fewer dimensions"));
            }
            Value::Constant(tensor) => beside(walk, node, &tensor, rank)?,
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = walk.model.node(op, &names, &[]);
    Ok(Value::Made { name, rank })
}

/// A constant that meets a value of `rank` dimensions.
fn beside(walk: &mut Walk<'_>, node: &Node, tensor: &Tensor, rank: usize) -> Result<String, Error> {
    let fault = || node.fault("its constant does not fit");
    if tensor.shape.len() > rank || tensor.floats().is_none() {
        return Err(fault());
    }
    let tensor = if rank == 4 {
        tensor.for_planes().ok_or_else(fault)?
    } else {
        tensor.clone()
    };
    Ok(walk.model.constant(&tensor))
}

/// `Prelu` as a node of its own.
pub(super) fn prelu(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    let slope = walk.constant(node, 1)?;
    let name = sloped(walk, node, &value, rank, &slope)?;
    Ok(Value::Made { name, rank })
}

/// Negative values times a slope for each channel.
pub(super) fn sloped(
    walk: &mut Walk<'_>,
    node: &Node,
    value: &str,
    rank: usize,
    slope: &Tensor,
) -> Result<String, Error> {
    let slope = match rank {
        // Without the first dimension, which PRelu spreads over by itself.
        4 => slope.for_planes().and_then(|mut slope| {
            (slope.shape.first() == Some(&1)).then(|| slope.shape.remove(0))?;
            Some(slope)
        }),
        _ => slope.floats().map(|_| slope.clone()),
    };
    let slope = slope.ok_or_else(|| node.fault("its slope does not fit"))?;
    let slope = walk.model.constant(&slope);
    Ok(walk.model.node("PRelu", &[value, &slope], &[]))
}

/// An activation without weights.
pub(super) fn activation(
    walk: &mut Walk<'_>,
    node: &Node,
    op: &str,
    value: String,
) -> Result<String, Error> {
    match op {
        "Relu" | "Sigmoid" | "Tanh" => Ok(walk.model.node(op, &[&value], &[])),
        "Relu6" => {
            let (least, most) = (walk.model.scalar(0.0), walk.model.scalar(6.0));
            Ok(walk.model.node("Clip", &[&value, &least, &most], &[]))
        }
        "LeakyRelu" => {
            let name = if node.op == op {
                "alpha"
            } else {
                "leakyrelu_alpha"
            };
            let alpha = node.float(name).unwrap_or(0.2);
            Ok(walk
                .model
                .node("LeakyRelu", &[&value], &[Attribute::Float("alpha", alpha)]))
        }
        _ => Err(node.fault(format!("the activation {op} is not translated"))),
    }
}

/// Softmax over the last dimension.
pub(super) fn softmax(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    // Of a picture, the last is the channels'.
    let axis = if rank == 4 { 1 } else { -1 };
    let name = walk
        .model
        .node("Softmax", &[&value], &[Attribute::Int("axis", axis)]);
    Ok(Value::Made { name, rank })
}
