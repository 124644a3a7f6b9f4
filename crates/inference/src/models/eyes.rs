//! Open or closed eyes.

use packs::Tensor;

use super::{LoadContext, Model, fill_planes, session::values};
use crate::{
    DecodedImage, Face, FaceError, Point, StartError,
    picture::{Affine, warp},
};

/// Side of the eye crop, as a fraction of the distance between the eyes.
const CROP: f64 = 0.6;

/// The eye model.
pub(crate) struct EyeModel {
    model: Model,
    tensor: Tensor,
    size: u32,
    open: usize,
}

impl EyeModel {
    pub(crate) fn load(context: &LoadContext<'_>, role: &packs::Eyes) -> Result<Self, StartError> {
        Ok(Self {
            model: Model::load(context, &role.file)?,
            tensor: role.tensor,
            size: role.size,
            open: role.open,
        })
    }

    /// Probability that each eye is open: the eye on the picture's left, then the one on its right.
    pub(crate) fn open(
        &mut self,
        image: &DecodedImage,
        face: &Face,
    ) -> Result<[f32; 2], FaceError> {
        let [left, right, ..] = face.landmarks;
        Ok([
            self.one(image, left, right, left)?,
            self.one(image, left, right, right)?,
        ])
    }

    fn one(
        &mut self,
        image: &DecodedImage,
        left: Point,
        right: Point,
        eye: Point,
    ) -> Result<f32, FaceError> {
        let side = self.size as usize;
        let crop = eye_map(left, right, eye, f64::from(self.size))
            .and_then(|map| warp(image, &map, self.size, self.size))
            .ok_or_else(|| FaceError::Inference("the eyes coincide".to_owned()))?;
        let mut input = vec![0.0; 3 * side * side];
        fill_planes(&mut input, side, &crop, side, (0, 0), &self.tensor);
        let outputs = self.model.run([1, 3, side, side], &input)?;
        let open = values(&outputs, 0)?.get(self.open).copied();
        open.filter(|p| p.is_finite())
            .ok_or_else(|| FaceError::Inference("the eye model gave no usable figures".to_owned()))
    }
}

/// Brings the square around `eye`, level with the eye line, onto a `size x size` crop.
fn eye_map(left: Point, right: Point, eye: Point, size: f64) -> Option<Affine> {
    let (dx, dy) = (f64::from(right.x - left.x), f64::from(right.y - left.y));
    let scale = size / (CROP * dx.hypot(dy));
    if !scale.is_finite() {
        return None;
    }
    let angle = -dy.atan2(dx);
    let (c, s) = (angle.cos() * scale, angle.sin() * scale);
    let (x, y, half) = (f64::from(eye.x), f64::from(eye.y), size / 2.0);
    Some(Affine([
        [c, -s, half - c * x + s * y],
        [s, c, half - s * x - c * y],
    ]))
}
