//! Convolutions, pooling, and matrix products, with what may be fused into them.

use super::{
    convert::{Value, Walk},
    elementwise,
    topology::Node,
};
use crate::{Error, model::Attribute, tensor::Tensor};

/// `Conv2D` and `DepthwiseConv2dNative`, plain or fused.
pub(super) fn convolution(
    walk: &mut Walk<'_>,
    node: &Node,
    depthwise: bool,
) -> Result<Value, Error> {
    planes_last(node)?;
    let (picture, rank) = walk.made(node, 0)?;
    let filters = walk.constant(node, 1)?;
    let [height, width, channels, _] = filters.shape[..] else {
        return Err(node.fault("its filters do not have four dimensions"));
    };
    if rank != 4 {
        return Err(node.fault("its input is not a picture"));
    }
    let (weights, groups) = if depthwise {
        // [H, W, C, M] to [C * M, 1, H, W].
        let mut weights = filters.permuted(&[2, 3, 0, 1]);
        if let Some(weights) = &mut weights {
            weights.shape = vec![filters.shape[2] * filters.shape[3], 1, height, width];
        }
        (weights, channels)
    } else {
        (filters.permuted(&[3, 2, 0, 1]), 1)
    };
    let weights = weights.ok_or_else(|| node.fault("its filters are not floats"))?;
    let mut attributes = window(node)?;
    attributes.push(Attribute::Ints(
        "kernel_shape",
        vec![height as i64, width as i64],
    ));
    attributes.push(Attribute::Ints(
        "dilations",
        spatial(node, "dilations")?.to_vec(),
    ));
    attributes.push(Attribute::Int("group", groups as i64));
    let weights = walk.model.constant(&weights);
    let fused = Fused::of(walk, node)?;
    let mut inputs = vec![picture.as_str(), weights.as_str()];
    let bias = fused.bias.as_ref().map(|bias| walk.model.constant(bias));
    inputs.extend(bias.as_deref());
    let made = walk.model.node("Conv", &inputs, &attributes);
    let name = fused.finish(walk, node, made, 4)?;
    Ok(Value::Made { name, rank: 4 })
}

/// `MaxPool` and `AvgPool`; both leave the border out, as ONNX's do.
pub(super) fn pool(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    planes_last(node)?;
    let (picture, rank) = walk.made(node, 0)?;
    if rank != 4 {
        return Err(node.fault("its input is not a picture"));
    }
    let kernel = spatial(node, "ksize")?;
    let mut attributes = window(node)?;
    attributes.push(Attribute::Ints("kernel_shape", kernel.to_vec()));
    let op = if node.op == "MaxPool" {
        "MaxPool"
    } else {
        "AveragePool"
    };
    let name = walk.model.node(op, &[&picture], &attributes);
    Ok(Value::Made { name, rank: 4 })
}

/// `MatMul`, plain or fused.
pub(super) fn multiply(walk: &mut Walk<'_>, node: &Node) -> Result<Value, Error> {
    let (left, rank) = walk.made(node, 0)?;
    let right = walk.constant(node, 1)?;
    if rank != 2 || right.shape.len() != 2 || node.flag("transpose_a") {
        return Err(node.fault("only a made matrix times a constant one is translated"));
    }
    let right = if node.flag("transpose_b") {
        right.permuted(&[1, 0])
    } else {
        Some(right)
    };
    let right = right.ok_or_else(|| node.fault("its factor is not of floats"))?;
    let right = walk.model.constant(&right);
    let made = walk.model.node("MatMul", &[&left, &right], &[]);
    let fused = Fused::of(walk, node)?;
    let made = match &fused.bias {
        Some(bias) => {
            let bias = walk.model.constant(bias);
            walk.model.node("Add", &[&made, &bias], &[])
        }
        None => made,
    };
    let name = fused.finish(walk, node, made, 2)?;
    Ok(Value::Made { name, rank: 2 })
}

/// What follows in the same node.
struct Fused {
    bias: Option<Tensor>,
    activation: Option<String>,
    slope: Option<Tensor>,
}

impl Fused {
    fn of(walk: &Walk<'_>, node: &Node) -> Result<Self, Error> {
        let (bias, activation) = match node.texts("fused_ops")[..] {
            [] => (false, None),
            ["BiasAdd"] => (true, None),
            ["BiasAdd", activation] => (true, Some(activation.to_owned())),
            _ => return Err(node.fault("what is fused into it is not translated")),
        };
        let bias = bias.then(|| walk.constant(node, 2)).transpose()?;
        if bias
            .as_ref()
            .is_some_and(|bias| bias.shape.len() != 1 || bias.floats().is_none())
        {
            return Err(node.fault("its bias is not a list of floats"));
        }
        let slope = (activation.as_deref() == Some("Prelu"))
            .then(|| walk.constant(node, 3))
            .transpose()?;
        Ok(Self {
            bias,
            activation,
            slope,
        })
    }

    fn finish(
        &self,
        walk: &mut Walk<'_>,
        node: &Node,
        made: String,
        rank: usize,
    ) -> Result<String, Error> {
        match (&self.activation, &self.slope) {
            (Some(_), Some(slope)) => elementwise::sloped(walk, node, &made, rank, slope),
            (Some(op), None) => elementwise::activation(walk, node, op, made),
            (None, _) => Ok(made),
        }
    }
}

/// Strides and padding. `SAME` is ONNX's `SAME_UPPER`: the odd row and column come last.
fn window(node: &Node) -> Result<Vec<Attribute>, Error> {
    let mut attributes = vec![Attribute::Ints(
        "strides",
        spatial(node, "strides")?.to_vec(),
    )];
    match node.text("padding") {
        Some("SAME") if spatial(node, "dilations")? != [1, 1] => {
            return Err(node.fault("SAME padding of a dilated filter is not translated"));
        }
        Some("SAME") => attributes.push(Attribute::Text("auto_pad", "SAME_UPPER")),
        Some("VALID") => {}
        Some("EXPLICIT") => {
            let [0, 0, top, bottom, left, right, 0, 0] = node.ints("explicit_paddings")[..] else {
                return Err(node.fault("its padding is not of height and width"));
            };
            attributes.push(Attribute::Ints("pads", vec![top, left, bottom, right]));
        }
        _ => return Err(node.fault("its padding is not translated")),
    }
    Ok(attributes)
}

/// Height and width out of the four numbers of attribute `name`; ones when it is not there.
fn spatial(node: &Node, name: &str) -> Result<[i64; 2], Error> {
    match node.ints(name)[..] {
        [] => Ok([1, 1]),
        [1, height, width, 1] if height > 0 && width > 0 => Ok([height, width]),
        _ => Err(node.fault(format!("its {name} are not of height and width"))),
    }
}

fn planes_last(node: &Node) -> Result<(), Error> {
    match node.text("data_format") {
        None | Some("NHWC") => Ok(()),
        Some(other) => Err(node.fault(format!("its data format {other} is not translated"))),
    }
}
