//! face-api's 68-point network: separable convolutions in four dense blocks, 112 x 112 pixels to 68 points.

use super::layers::{Net, Window};
use crate::{Error, model::Attribute, tensor::Tensor};

/// Side of the input.
const SIDE: usize = 112;

/// Converts `face_landmark_68_model`. Input `input`, `[count, 3, 112, 112]`, red, green and blue from 0 to 255; output
/// `points`, `[count, 136]`: x and y of each point in turn, as fractions of the side.
///
/// # Errors
/// [`Error::Format`], [`Error::Weight`].
pub fn landmarks_68(manifest_json: &str, weights: &[u8]) -> Result<Vec<u8>, Error> {
    let mut net = Net::read(manifest_json, weights)?;
    let mut planes = net.picture(SIDE);
    for block in 0..4 {
        planes = dense(&mut net, &planes, &format!("dense{block}"), block == 0)?;
    }
    let window = [
        Attribute::Ints("kernel_shape", vec![7; 2]),
        Attribute::Ints("strides", vec![2; 2]),
    ];
    let pooled = net.model.node("AveragePool", &[&planes], &window);
    // One pixel is left, so that the order of its channels is TensorFlow's.
    let flat = net.model.node("Flatten", &[&pooled], &[]);
    let factor = net.weight("fc/weights", 2)?.clone();
    let [_, points] = factor.shape[..] else {
        return Err(Error::weight("fc/weights", "it is not a matrix"));
    };
    let bias = net.list("fc/bias", points)?.to_vec();
    let factor = net.model.constant(&factor);
    let product = net.model.node("MatMul", &[&flat, &factor], &[]);
    let bias = net.model.constant(&Tensor::float(&[points], bias));
    let points = net.add(&product, &bias);
    net.model.output("points", &points);
    Ok(net.model.into_bytes())
}

/// Four layers, each fed with the sum of all before it; the first halves the picture.
fn dense(net: &mut Net, from: &str, block: &str, plain: bool) -> Result<String, Error> {
    let layer = |index: usize| format!("{block}/conv{index}");
    let first = if plain {
        convolution(net, from, &layer(0))?
    } else {
        separable(net, from, &layer(0), 2)?
    };
    let first = net.relu(&first);
    let mut sum = first.clone();
    let mut given = first;
    for index in 1..4 {
        let next = separable(net, &given, &layer(index), 1)?;
        sum = net.add(&sum, &next);
        given = net.relu(&sum);
    }
    Ok(given)
}

fn convolution(net: &mut Net, from: &str, layer: &str) -> Result<String, Error> {
    let filters = ordered(net, &format!("{layer}/filters"), [3, 2, 0, 1])?;
    let bias = net
        .list(&format!("{layer}/bias"), filters.shape[0])?
        .to_vec();
    let window = Window {
        stride: 2,
        same: true,
        groups: 1,
    };
    Ok(net.convolve(from, &filters, bias, &window))
}

/// One filter a channel, then a mix of the channels.
fn separable(net: &mut Net, from: &str, layer: &str, stride: i64) -> Result<String, Error> {
    let depth = ordered(net, &format!("{layer}/depthwise_filter"), [2, 3, 0, 1])?;
    let channels = depth.shape[0];
    if depth.shape[1] != 1 {
        return Err(Error::weight(layer, "it has several filters a channel"));
    }
    let window = Window {
        stride,
        same: true,
        groups: channels as i64,
    };
    let each = net.convolve(from, &depth, vec![0.0; channels], &window);
    let mix = ordered(net, &format!("{layer}/pointwise_filter"), [3, 2, 0, 1])?;
    if mix.shape[1..] != [channels, 1, 1] {
        return Err(Error::weight(layer, "its mix does not fit its filters"));
    }
    let bias = net.list(&format!("{layer}/bias"), mix.shape[0])?.to_vec();
    let window = Window {
        stride: 1,
        same: true,
        groups: 1,
    };
    Ok(net.convolve(&each, &mix, bias, &window))
}

fn ordered(net: &Net, name: &str, order: [usize; 4]) -> Result<Tensor, Error> {
    let tensor = net.weight(name, 4)?.permuted(&order);
    tensor.ok_or_else(|| Error::weight(name, "it is not of floats"))
}
