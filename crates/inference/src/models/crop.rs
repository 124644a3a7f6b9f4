//! The square around a detected face, turned upright, as models take it that look at one face closely.

use packs::Tensor;

use super::fill_planes;
use crate::{
    DecodedImage, Face,
    picture::{Affine, warp},
};

/// Faces in one run: bounds the memory that a picture of a crowd takes.
pub(super) const AT_ONCE: usize = 16;

/// How a model's crops are cut.
pub(super) struct UprightCrop {
    pub(super) tensor: Tensor,
    /// Side of the crop, in pixels.
    pub(super) size: u32,
    /// Side of the square, in longer sides of the detector's box.
    pub(super) scale: f32,
}

impl UprightCrop {
    /// The crops of `faces` as one tensor, and for each the map back into the picture; `None` for a box without area, whose crop
    /// is left empty.
    pub(super) fn cut(
        &self,
        image: &DecodedImage,
        faces: &[Face],
    ) -> (Vec<f32>, Vec<Option<Affine>>) {
        let size = self.size as usize;
        let values = 3 * size * size;
        let mut input = vec![0.0; faces.len() * values];
        let mut back = Vec::with_capacity(faces.len());
        for (planes, face) in input.chunks_exact_mut(values).zip(faces) {
            let map = self.map(face);
            if let Some(crop) = map.and_then(|map| warp(image, &map, self.size, self.size)) {
                fill_planes(planes, size, &crop, size, (0, 0), &self.tensor);
            }
            back.push(map.and_then(|map| map.inverse()));
        }
        (input, back)
    }

    /// The shape of the crops of `count` faces as a tensor.
    pub(super) fn shape(&self, count: usize) -> [usize; 4] {
        [count, 3, self.size as usize, self.size as usize]
    }

    /// Brings the square around the detector's box, level with the eye line, onto the crop.
    pub(super) fn map(&self, face: &Face) -> Option<Affine> {
        let [left, right, ..] = face.landmarks;
        let angle = -f64::from(right.y - left.y).atan2(f64::from(right.x - left.x));
        let side = f64::from(face.bbox.width().max(face.bbox.height()) * self.scale);
        let size = f64::from(self.size);
        let scale = size / side;
        if !(scale.is_finite() && angle.is_finite()) {
            return None;
        }
        let center = face.bbox.center();
        let (x, y, half) = (f64::from(center.x), f64::from(center.y), size / 2.0);
        let (c, s) = (angle.cos() * scale, angle.sin() * scale);
        Some(Affine([
            [c, -s, half - c * x + s * y],
            [s, c, half - s * x - c * y],
        ]))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use packs::Channels;

    use super::*;
    use crate::{BoundingBox, Point};

    pub(crate) fn crop() -> UprightCrop {
        UprightCrop {
            tensor: Tensor {
                channels: Channels::Rgb,
                mean: 0.0,
                scale: 1.0,
            },
            size: 112,
            scale: 1.0,
        }
    }

    /// A face tilted by 45 degrees.
    pub(crate) fn tilted() -> Face {
        let points = [
            (120.0, 60.0),
            (160.0, 100.0),
            (130.0, 100.0),
            (110.0, 90.0),
            (140.0, 120.0),
        ];
        Face {
            bbox: BoundingBox {
                left: 100.0,
                top: 40.0,
                right: 180.0,
                bottom: 120.0,
            },
            landmarks: points.map(|(x, y)| Point::new(x, y)),
            score: 0.9,
        }
    }

    #[test]
    fn the_crop_is_level_and_around_the_box() {
        let map = crop().map(&tilted()).unwrap();
        let middle = map.apply(140.0, 80.0);
        assert!((middle.0 - 56.0).abs() < 1e-6 && (middle.1 - 56.0).abs() < 1e-6);
        let (left, right) = (map.apply(120.0, 60.0), map.apply(160.0, 100.0));
        assert!((left.1 - right.1).abs() < 1e-4 && left.0 < right.0);
    }

    #[test]
    fn a_box_without_area_has_no_crop() {
        let mut nowhere = tilted();
        nowhere.bbox.right = nowhere.bbox.left;
        nowhere.bbox.bottom = nowhere.bbox.top;
        let image = DecodedImage::from_rgb(20, 10, vec![200; 600]).unwrap();
        let (input, back) = crop().cut(&image, &[nowhere, tilted()]);
        assert!(back[0].is_none() && back[1].is_some());
        assert_eq!(input.len(), crop().shape(2).iter().product::<usize>());
        assert!(input[..input.len() / 2].iter().all(|value| *value == 0.0));
    }
}
