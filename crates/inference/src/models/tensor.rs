//! Pixels to tensors.

use packs::{Channels, Tensor};

/// Writes the `width x height` RGB picture into `planes`, which holds three planes of `stride x (planes.len() / 3 / stride)`
/// values, with its top left corner at (`x`, `y`): `(pixel - mean) * scale` in the tensor's channel order.
pub(crate) fn fill_planes(
    planes: &mut [f32],
    stride: usize,
    rgb: &[u8],
    width: usize,
    (x, y): (usize, usize),
    tensor: &Tensor,
) {
    let plane = planes.len() / 3;
    let order = match tensor.channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
    };
    for (target, channel) in planes.chunks_exact_mut(plane).zip(order) {
        for (row, line) in rgb.chunks_exact(width * 3).enumerate() {
            let start = (y + row) * stride + x;
            for (value, pixel) in target[start..start + width]
                .iter_mut()
                .zip(line.chunks_exact(3))
            {
                *value = (f32::from(pixel[channel]) - tensor.mean) * tensor.scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_ordered_and_scaled() {
        let tensor = Tensor {
            channels: Channels::Bgr,
            mean: 1.0,
            scale: 0.5,
        };
        let mut planes = vec![-9.0; 3 * 2 * 3];
        fill_planes(
            &mut planes,
            3,
            &[11, 21, 31, 13, 23, 33],
            2,
            (1, 1),
            &tensor,
        );
        assert_eq!(planes[..6], [-9.0, -9.0, -9.0, -9.0, 15.0, 16.0]);
        assert_eq!(planes[6..12], [-9.0, -9.0, -9.0, -9.0, 10.0, 11.0]);
        assert_eq!(planes[12..], [-9.0, -9.0, -9.0, -9.0, 5.0, 6.0]);
    }
}
