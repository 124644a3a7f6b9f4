//! Head pose by a model that looks at the whole face.

use packs::Tensor;

use super::{LoadContext, Model, fill_planes, inference};
use crate::{
    DecodedImage, Face, FaceError, StartError,
    picture::{Affine, warp},
    quality::HeadPose,
};

/// The crops that are averaged: shifts in widths and heights of the box. One crop is off by several degrees when the box is by a
/// few per cent; the mean of three by half as much.
const CROPS: [f64; 3] = [0.0, 0.04, -0.04];

/// Heads tilted by more than this, in degrees, are turned upright before they are measured.
const TILTED: f32 = 8.0;

/// The pose model.
pub(crate) struct PoseModel {
    model: Model,
    tensor: Tensor,
    size: u32,
    /// Names of the outputs: yaw, pitch, roll.
    outputs: [String; 3],
}

impl PoseModel {
    /// `None` when the pack's pose model, which is optional, is not installed.
    pub(crate) fn load(
        context: &LoadContext<'_>,
        role: &packs::Pose,
    ) -> Result<Option<Self>, StartError> {
        if !context.pack.files.contains_key(&role.file) {
            return Ok(None);
        }
        let model = Model::load(context, &role.file)?;
        let outputs = [&role.yaw, &role.pitch, &role.roll].map(String::clone);
        let names = model.output_names();
        match outputs.iter().find(|name| !names.contains(name)) {
            Some(name) => Err(StartError::Model {
                file: role.file.clone(),
                reason: format!("it has no output {name:?}"),
            }),
            None => Ok(Some(Self {
                model,
                tensor: role.tensor,
                size: role.size,
                outputs,
            })),
        }
    }

    /// The pose of `face`. The model knows heads that are about upright, and sees others less tilted than they are: such a face is
    /// turned upright before it is measured.
    pub(crate) fn estimate(
        &mut self,
        image: &DecodedImage,
        face: &Face,
    ) -> Result<HeadPose, FaceError> {
        let mut first = self.look(image, face, 0.0, CROPS[0])?;
        let tilt = if first.roll.abs() > TILTED {
            first.roll
        } else {
            0.0
        };
        if tilt != 0.0 {
            first = self.look(image, face, tilt, CROPS[0])?;
        }
        let mut sum = [first.yaw, first.pitch, first.roll];
        for shift in &CROPS[1..] {
            let pose = self.look(image, face, tilt, *shift)?;
            for (sum, angle) in sum.iter_mut().zip([pose.yaw, pose.pitch, pose.roll]) {
                *sum += angle;
            }
        }
        let [yaw, pitch, roll] = sum.map(|sum| sum / CROPS.len() as f32);
        Ok(HeadPose {
            yaw,
            pitch,
            roll: roll + tilt,
        })
    }

    /// The pose in the crop that is turned by `tilt` degrees and shifted by this part of the box, in the crop's frame.
    pub(crate) fn look(
        &mut self,
        image: &DecodedImage,
        face: &Face,
        tilt: f32,
        shift: f64,
    ) -> Result<HeadPose, FaceError> {
        let side = self.size as usize;
        let crop = crop_map(face, tilt, shift, f64::from(self.size))
            .and_then(|map| warp(image, &map, self.size, self.size))
            .ok_or_else(|| FaceError::Inference("the face has no area to judge".to_owned()))?;
        let mut input = vec![0.0; 3 * side * side];
        fill_planes(&mut input, side, &crop, side, (0, 0), &self.tensor);
        let outputs = self.model.run([1, 3, side, side], &input)?;
        let mut angles = [0.0_f32; 3];
        for (angle, name) in angles.iter_mut().zip(&self.outputs) {
            let (_, values) = outputs[name.as_str()]
                .try_extract_tensor::<f32>()
                .map_err(inference)?;
            *angle = values
                .first()
                .copied()
                .filter(|degrees| degrees.is_finite())
                .ok_or_else(|| {
                    FaceError::Inference("the pose model gave no usable figures".to_owned())
                })?;
        }
        let [yaw, pitch, roll] = angles;
        // The model's pitch is positive for a lowered head.
        Ok(HeadPose {
            yaw,
            pitch: -pitch,
            roll,
        })
    }
}

/// Brings the detector's box, turned by `tilt` degrees about its middle, onto a `size x size` crop, its sides each stretched to that.
fn crop_map(face: &Face, tilt: f32, shift: f64, size: f64) -> Option<Affine> {
    let (width, height) = (f64::from(face.bbox.width()), f64::from(face.bbox.height()));
    let (sin, cos) = f64::from(tilt).to_radians().sin_cos();
    let (sx, sy) = (size / width, size / height);
    if !(sx.is_finite() && sy.is_finite()) {
        return None;
    }
    let (x, y) = (
        f64::from(face.bbox.center().x),
        f64::from(face.bbox.center().y),
    );
    // Pixels are sampled at their middles, as when a picture is resized.
    let middle = (size - 1.0) / 2.0 - shift * size;
    Some(Affine([
        [sx * cos, sx * sin, middle - sx * (cos * x + sin * y)],
        [-sy * sin, sy * cos, middle - sy * (cos * y - sin * x)],
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Point};

    fn face() -> Face {
        Face {
            bbox: BoundingBox {
                left: 100.0,
                top: 40.0,
                right: 180.0,
                bottom: 140.0,
            },
            landmarks: [Point::default(); 5],
            score: 0.9,
        }
    }

    #[test]
    fn the_box_fills_the_crop() {
        let map = crop_map(&face(), 0.0, 0.0, 60.0).unwrap();
        for ((x, y), (u, v)) in [
            ((100.0, 40.0), (-0.5, -0.5)),
            ((180.0, 140.0), (59.5, 59.5)),
        ] {
            let at = map.apply(x, y);
            assert!((at.0 - u).abs() < 1e-9 && (at.1 - v).abs() < 1e-9, "{at:?}");
        }
    }

    #[test]
    fn a_tilted_head_is_turned_upright() {
        let map = crop_map(&face(), 90.0, 0.0, 60.0).unwrap();
        // Tilted clockwise by a quarter turn, the chin is on the picture's left; it comes to lie below.
        let chin = map.apply(100.0, 90.0);
        assert!((chin.0 - 29.5).abs() < 1e-6 && chin.1 > 50.0, "{chin:?}");
    }

    #[test]
    fn a_box_without_area_has_no_crop() {
        let mut face = face();
        face.bbox.right = face.bbox.left;
        assert!(crop_map(&face, 0.0, 0.0, 60.0).is_none());
    }
}
