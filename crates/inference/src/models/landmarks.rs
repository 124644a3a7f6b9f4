//! Landmarks by a model of their own, which looks at one face closely.

use super::{
    LoadContext, Model,
    crop::{AT_ONCE, UprightCrop},
};
use crate::{DecodedImage, Face, FaceError, Point, StartError, picture::Affine};

/// dlib's points; the model gives x and y of each.
const POINTS: usize = 68;
/// Eyes closer than this, in sides of the crop, are no face's: the detector's landmarks stay.
const LEAST_EYES: f32 = 0.1;

/// The landmark model.
pub(crate) struct LandmarkModel {
    model: Model,
    crop: UprightCrop,
}

impl LandmarkModel {
    pub(crate) fn load(
        context: &LoadContext<'_>,
        role: &packs::Landmarks,
    ) -> Result<Self, StartError> {
        Ok(Self {
            model: Model::load(context, &role.file)?,
            crop: UprightCrop {
                tensor: role.tensor,
                size: role.size,
                scale: role.crop,
            },
        })
    }

    /// Gives `faces` better landmarks. A face for which that fails keeps the detector's.
    pub(crate) fn place(
        &mut self,
        image: &DecodedImage,
        faces: &mut [Face],
    ) -> Result<(), FaceError> {
        for part in faces.chunks_mut(AT_ONCE) {
            let (input, back) = self.crop.cut(image, part);
            let mut raw = Vec::with_capacity(part.len() * 2 * POINTS);
            self.model
                .run_batch(self.crop.shape(part.len()), &input, &mut raw)?;
            if raw.len() != part.len() * 2 * POINTS {
                return Err(FaceError::Inference(format!(
                    "the landmark model gave {} values for {} faces",
                    raw.len(),
                    part.len()
                )));
            }
            for ((face, back), output) in
                part.iter_mut().zip(back).zip(raw.chunks_exact(2 * POINTS))
            {
                let found = back.and_then(|back| five(output, &back, self.crop.size as f32));
                if let Some(landmarks) = found {
                    face.landmarks = landmarks;
                }
            }
        }
        Ok(())
    }
}

/// The usual five out of the 68 points: middles of the eyes, nose tip, mouth corners. `None` when they are no face's.
fn five(output: &[f32], back: &Affine, size: f32) -> Option<[Point; 5]> {
    let mean = |of: std::ops::Range<usize>| {
        let count = of.len() as f32;
        let (x, y) = output
            .get(2 * of.start..2 * of.end)?
            .chunks_exact(2)
            .fold((0.0, 0.0), |(x, y), point| {
                (x + point[0] / count, y + point[1] / count)
            });
        Some(Point::new(x, y))
    };
    let points = [
        mean(36..42)?,
        mean(42..48)?,
        mean(30..31)?,
        mean(48..49)?,
        mean(54..55)?,
    ];
    // The crop is level: the eyes lie side by side, in this order.
    let usable = points
        .iter()
        .all(|point| point.x.is_finite() && point.y.is_finite());
    (usable && points[1].x - points[0].x > LEAST_EYES).then(|| {
        points.map(|point| {
            let (x, y) = back.apply(f64::from(point.x * size), f64::from(point.y * size));
            Point::new(x as f32, y as f32)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::crop::tests::{crop, tilted};

    #[test]
    fn points_are_brought_back_and_nonsense_is_not() {
        let back = crop().map(&tilted()).unwrap().inverse().unwrap();
        let mut output = vec![0.5; 2 * POINTS];
        assert!(
            five(&output, &back, 112.0).is_none(),
            "both eyes in one place"
        );
        for point in 36..48 {
            output[2 * point] = if point < 42 { 0.3 } else { 0.7 };
        }
        let points = five(&output, &back, 112.0).unwrap();
        assert!(
            (points[2].x - 140.0).abs() < 1e-3 && (points[2].y - 80.0).abs() < 1e-3,
            "the nose is in the middle"
        );
        assert!((points[0].distance(points[1]) - 0.4 * 80.0).abs() < 1e-3);
        output[60] = f32::NAN;
        assert!(five(&output, &back, 112.0).is_none());
        assert!(five(&output[..60], &back, 112.0).is_none());
    }
}
