//! dlib's face recognition network: a residual network of 29 layers, 150 x 150 pixels to 128 numbers.

use super::layers::{Net, Window};
use crate::{Error, model::Attribute, tensor::Tensor};

/// Side of the input.
const SIDE: usize = 150;
/// Length of the output.
const LENGTH: usize = 128;
/// The blocks in order; those called `down` halve the picture.
const BLOCKS: [&str; 14] = [
    "conv32_1",
    "conv32_2",
    "conv32_3",
    "conv64_down",
    "conv64_1",
    "conv64_2",
    "conv64_3",
    "conv128_down",
    "conv128_1",
    "conv128_2",
    "conv256_down",
    "conv256_1",
    "conv256_2",
    "conv256_down_out",
];

/// A value with its shape, which the padding depends on.
struct Planes {
    name: String,
    side: usize,
    channels: usize,
}

/// Converts `face_recognition_model`. Input `input`, `[count, 3, 150, 150]`, red, green and blue from 0 to 255; output
/// `embedding`, `[count, 128]`, not normalised.
///
/// # Errors
/// [`Error::Format`], [`Error::Weight`].
pub fn face_recognition(manifest_json: &str, weights: &[u8]) -> Result<Vec<u8>, Error> {
    let mut net = Net::read(manifest_json, weights)?;
    let picture = Planes {
        name: net.picture(SIDE),
        side: SIDE,
        channels: 3,
    };
    let mut planes = scaled(&mut net, &picture, "conv32_down", Step::Down)?;
    planes.name = net.relu(&planes.name);
    planes = pooled(&mut net, &planes, "MaxPool", 3);
    for block in BLOCKS {
        planes = residual(&mut net, &planes, block)?;
    }
    let mean = [
        Attribute::Ints("axes", vec![2, 3]),
        Attribute::Int("keepdims", 0),
    ];
    let mean = net.model.node("ReduceMean", &[&planes.name], &mean);
    let last = net.weight("fc", 2)?.clone();
    if last.shape != [planes.channels, LENGTH] {
        return Err(Error::weight("fc", "it does not fit the layer before"));
    }
    let last = net.model.constant(&last);
    let embedding = net.model.node("MatMul", &[&mean, &last], &[]);
    net.model.output("embedding", &embedding);
    Ok(net.model.into_bytes())
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// The size stays.
    Same,
    /// Half the size, nothing added around.
    Down,
}

/// A convolution, then a factor and a summand for each channel, folded into its weights.
fn scaled(net: &mut Net, from: &Planes, layer: &str, step: Step) -> Result<Planes, Error> {
    let filters = net.weight(&format!("{layer}/conv/filters"), 4)?.clone();
    let [height, width, channels, count] = filters.shape[..] else {
        return Err(Error::weight(
            layer,
            "its filters do not have four dimensions",
        ));
    };
    let down = step == Step::Down;
    if height != width || channels != from.channels || height == 0 || (down && height > from.side) {
        return Err(Error::weight(
            layer,
            "its filters do not fit the layer before",
        ));
    }
    let list = |name: &str| {
        net.list(&format!("{layer}/{name}"), count)
            .map(<[f32]>::to_vec)
    };
    let (bias, factor, summand) = (
        list("conv/bias")?,
        list("scale/weights")?,
        list("scale/biases")?,
    );
    let oihw = filters.permuted(&[3, 2, 0, 1]);
    let oihw = oihw.ok_or_else(|| Error::weight(layer, "its filters are not floats"))?;
    let each = channels * height * width;
    let values = oihw.floats().unwrap_or_default().chunks(each.max(1));
    let values = values
        .zip(&factor)
        .flat_map(|(filter, factor)| filter.iter().map(move |value| value * factor));
    let folded = Tensor::float(&oihw.shape, values.collect());
    let bias = bias
        .iter()
        .zip(&factor)
        .zip(&summand)
        .map(|((bias, factor), summand)| bias * factor + summand);
    let window = Window {
        stride: if down { 2 } else { 1 },
        same: !down,
        groups: 1,
    };
    let bias = bias.collect();
    Ok(Planes {
        name: net.convolve(&from.name, &folded, bias, &window),
        side: if down {
            (from.side - height) / 2 + 1
        } else {
            from.side
        },
        channels: count,
    })
}

fn pooled(net: &mut Net, from: &Planes, op: &str, kernel: usize) -> Planes {
    let attributes = [
        Attribute::Ints("kernel_shape", vec![kernel as i64; 2]),
        Attribute::Ints("strides", vec![2; 2]),
    ];
    Planes {
        name: net.model.node(op, &[&from.name], &attributes),
        side: from.side.saturating_sub(kernel) / 2 + 1,
        channels: from.channels,
    }
}

fn residual(net: &mut Net, from: &Planes, block: &str) -> Result<Planes, Error> {
    let down = block.contains("down");
    let first = if down { Step::Down } else { Step::Same };
    let mut inner = scaled(net, from, &format!("{block}/conv1"), first)?;
    inner.name = net.relu(&inner.name);
    let inner = scaled(net, &inner, &format!("{block}/conv2"), Step::Same)?;
    let around = if down {
        pooled(net, from, "AveragePool", 2)
    } else {
        Planes {
            name: from.name.clone(),
            ..*from
        }
    };
    // The branch that lacks a row and a column, or channels, is filled with zeros at the end.
    let (side, channels) = (
        inner.side.max(around.side),
        inner.channels.max(around.channels),
    );
    let inner = filled(net, inner, side, channels);
    let around = filled(net, around, side, channels);
    let sum = net.add(&around.name, &inner.name);
    Ok(Planes {
        name: net.relu(&sum),
        side,
        channels,
    })
}

fn filled(net: &mut Net, planes: Planes, side: usize, channels: usize) -> Planes {
    let (more, rows) = (
        (channels - planes.channels) as i32,
        (side - planes.side) as i32,
    );
    if (more, rows) == (0, 0) {
        return planes;
    }
    let pads = net.model.integers(&[0, 0, 0, 0, 0, more, rows, rows]);
    Planes {
        name: net.model.node("Pad", &[&planes.name, &pads], &[]),
        side,
        channels,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::testing::{run, synthetic};

    /// Weights of the real shapes, made up.
    fn weights(change: impl Fn(&str, &mut Vec<usize>)) -> (String, Vec<u8>) {
        let mut list: Vec<(String, Vec<usize>)> = Vec::new();
        let mut layer = |name: &str, kernel: usize, from: usize, to: usize| {
            list.push((
                format!("{name}/conv/filters"),
                vec![kernel, kernel, from, to],
            ));
            for rest in ["conv/bias", "scale/weights", "scale/biases"] {
                list.push((format!("{name}/{rest}"), vec![to]));
            }
        };
        layer("conv32_down", 7, 3, 32);
        let mut from = 32;
        for block in BLOCKS {
            let to = block
                .trim_start_matches("conv")
                .split('_')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            layer(&format!("{block}/conv1"), 3, from, to);
            layer(&format!("{block}/conv2"), 3, to, to);
            from = to;
        }
        list.push(("fc".to_owned(), vec![256, 128]));
        let (mut json, mut bytes) = (String::new(), Vec::new());
        for (name, shape) in &mut list {
            change(name, shape);
            let _ = write!(
                json,
                r#"{{"name": "{name}", "shape": {shape:?}, "dtype": "float32"}},"#
            );
            let values = synthetic(shape.iter().product());
            bytes.extend(
                values
                    .iter()
                    .flat_map(|value| ((value - 0.5) * 0.1).to_le_bytes()),
            );
        }
        json.pop();
        (format!(r#"[{{"weights": [{json}]}}]"#), bytes)
    }

    #[test]
    fn two_faces_give_two_templates() {
        let (json, bytes) = weights(|_, _| ());
        let model = face_recognition(&json, &bytes).unwrap();
        assert_eq!(
            model,
            face_recognition(&json, &bytes).unwrap(),
            "the same bytes each time"
        );
        let Some(outputs) = run(&model, [2, 3, SIDE, SIDE], &synthetic(2 * 3 * SIDE * SIDE)) else {
            return;
        };
        assert_eq!(outputs["embedding"].0, [2, 128]);
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        for wrong in [
            "conv64_1/conv1/conv/filters",
            "conv32_down/scale/biases",
            "fc",
        ] {
            let (json, bytes) = weights(|name, shape| {
                if name == wrong {
                    shape[0] += 1;
                }
            });
            face_recognition(&json, &bytes).unwrap_err();
        }
        let (json, bytes) = weights(|_, _| ());
        face_recognition(&json, &bytes[..bytes.len() - 4]).unwrap_err();
        face_recognition("[]", &[]).unwrap_err();
    }
}
