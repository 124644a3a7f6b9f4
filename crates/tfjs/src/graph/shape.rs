//! Operators that change shapes: they know where a picture's dimensions have gone.

use super::{
    convert::{Value, Walk},
    topology::Node,
};
use crate::{Error, model::Attribute};

/// Where TensorFlow's dimension `axis` of a value of `rank` dimensions is kept.
fn kept(node: &Node, axis: i32, rank: usize) -> Result<usize, Error> {
    let from_end = |axis: i32| {
        usize::try_from(axis.unsigned_abs())
            .ok()
            .and_then(|back| rank.checked_sub(back))
    };
    let axis = if axis < 0 {
        from_end(axis)
    } else {
        usize::try_from(axis).ok()
    };
    match (axis, rank) {
        (Some(axis @ 0..4), 4) => Ok([0, 2, 3, 1][axis]),
        (Some(axis), _) if axis < rank => Ok(axis),
        _ => Err(node.fault("it names a dimension that is not there")),
    }
}

/// `Pad` with zeros.
pub(super) fn pad(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    let amounts = walk.integers(node, 1)?;
    if amounts.len() != 2 * rank || amounts.iter().any(|amount| *amount < 0) {
        return Err(node.fault("its padding does not fit"));
    }
    let mut pads = vec![0; 2 * rank];
    for (axis, pair) in amounts.chunks_exact(2).enumerate() {
        let place = kept(node, axis as i32, rank)?;
        (pads[place], pads[place + rank]) = (pair[0], pair[1]);
    }
    let pads = walk.model.integers(&pads);
    let name = walk.model.node("Pad", &[&value, &pads], &[]);
    Ok(Value::Made { name, rank })
}

/// `Mean` over some dimensions.
pub(super) fn mean(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    let mut axes: Vec<usize> = walk
        .integers(node, 1)?
        .into_iter()
        .map(|axis| kept(node, axis, rank))
        .collect::<Result<_, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    let keep = node.flag("keep_dims");
    let left = if keep { rank } else { rank - axes.len() };
    // What is left of a picture has its dimensions in TensorFlow's order only when at most one of the picture's three is left.
    if !keep && rank == 4 && !matches!(axes[..], [2, 3] | [1, 2, 3] | [0, 1, 2, 3] | [0, 2, 3]) {
        return Err(node.fault("a mean over part of a picture's dimensions is not translated"));
    }
    let axes = axes.into_iter().map(|axis| axis as i64).collect();
    let keep = Attribute::Int("keepdims", i64::from(keep));
    let name = walk.model.node(
        "ReduceMean",
        &[&value],
        &[Attribute::Ints("axes", axes), keep],
    );
    Ok(Value::Made { name, rank: left })
}

/// `Reshape` to constant sides.
pub(super) fn reshape(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    let sides = walk.integers(node, 1)?;
    if sides.iter().any(|side| *side == 0 || *side < -1) {
        return Err(node.fault("its shape does not fit"));
    }
    let value = walk.as_tensorflow(value, rank);
    let rank = sides.len();
    let sides = walk.model.integers(&sides);
    let name = walk.model.node("Reshape", &[&value, &sides], &[]);
    Ok(kept_as(walk, name, rank))
}

/// `Squeeze` of named dimensions.
pub(super) fn squeeze(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (value, rank) = walk.made(node, 0)?;
    let value = walk.as_tensorflow(value, rank);
    let mut axes: Vec<i32> = Vec::new();
    for axis in node.ints("squeeze_dims") {
        let axis = i32::try_from(axis)
            .ok()
            .filter(|axis| axis.unsigned_abs() as usize <= rank);
        let axis = axis.ok_or_else(|| node.fault("it names a dimension that is not there"))?;
        axes.push(if axis < 0 { axis + rank as i32 } else { axis });
    }
    axes.sort_unstable();
    axes.dedup();
    if axes.is_empty() || axes.iter().any(|axis| *axis as usize >= rank) {
        return Err(node.fault("it does not name the dimensions"));
    }
    let left = rank - axes.len();
    let axes = walk.model.integers(&axes);
    let name = walk.model.node("Squeeze", &[&value, &axes], &[]);
    Ok(kept_as(walk, name, left))
}

/// `ConcatV2`: values of one rank, then the dimension.
pub(super) fn concat(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let last = Walk::inputs(node).checked_sub(1).filter(|last| *last > 0);
    let last = last.ok_or_else(|| node.fault("it has nothing to join"))?;
    let mut names = Vec::with_capacity(last);
    let mut rank = None;
    for index in 0..last {
        let (name, own) = walk.made(node, index)?;
        if *rank.get_or_insert(own) != own {
            return Err(node.fault("its values differ in their number of dimensions"));
        }
        names.push(name);
    }
    let rank = rank.unwrap_or(0);
    let [axis] = walk.integers(node, last)?[..] else {
        return Err(node.fault("its dimension is not one number"));
    };
    let axis = Attribute::Int("axis", kept(node, axis, rank)? as i64);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = walk.model.node("Concat", &names, &[axis]);
    Ok(Value::Made { name, rank })
}

/// A value in TensorFlow's order, made one in the order in which values are kept.
fn kept_as(walk: &mut Walk<'_>, name: String, rank: usize) -> Value {
    let name = match rank {
        4 => walk.transposed(&name, [0, 3, 1, 2]),
        _ => name,
    };
    Value::Made { name, rank }
}
