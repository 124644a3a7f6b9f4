//! Passive liveness: an ensemble of classifiers, each on its own crop.

use packs::{CropRule, LivenessRole, Scores, Tensor};

use super::{LoadContext, Model, fill_planes, session::values};
use crate::{
    BoundingBox, DecodedImage, FaceError, StartError,
    picture::{Region, resize_part},
};

struct Member {
    model: Model,
    tensor: Tensor,
    size: u32,
    crop: CropRule,
    live: usize,
    scores: Scores,
}

/// The pack's liveness models.
pub(crate) struct LivenessEnsemble {
    members: Vec<Member>,
    crops: usize,
}

/// How far the crops are shifted, in widths and heights of the face: as many as are averaged, from the first on.
const SHIFTS: [[f32; 2]; packs::LivenessRole::MOST_CROPS] = [
    [0.0, 0.0],
    [0.03, 0.03],
    [-0.03, -0.03],
    [0.03, -0.03],
    [-0.03, 0.03],
];

impl LivenessEnsemble {
    pub(crate) fn load(context: &LoadContext<'_>, role: &LivenessRole) -> Result<Self, StartError> {
        let members = role
            .models
            .iter()
            .map(|role| {
                let model = Model::load(context, &role.file)?;
                Ok(Member {
                    model,
                    tensor: role.tensor,
                    size: role.size,
                    crop: role.crop,
                    live: role.live,
                    scores: role.scores,
                })
            })
            .collect::<Result<_, StartError>>()?;
        Ok(Self {
            members,
            crops: role.crops.clamp(1, SHIFTS.len()),
        })
    }

    /// Each model's probability that the face is live, averaged over the crops, in the manifest's order.
    pub(crate) fn probabilities(
        &mut self,
        image: &DecodedImage,
        face: &BoundingBox,
    ) -> Result<Vec<f32>, FaceError> {
        let crops = SHIFTS.iter().take(self.crops).map(|[dx, dy]| {
            let (width, height) = (face.width(), face.height());
            face.shifted(dx * width, dy * height)
        });
        let crops: Vec<_> = crops.collect();
        let mut mean = |member: &mut Member| {
            let mut sum = 0.0;
            for crop in &crops {
                sum += member.probability(image, crop)?;
            }
            Ok(sum / crops.len() as f32)
        };
        self.members.iter_mut().map(&mut mean).collect()
    }
}

impl Member {
    fn probability(&mut self, image: &DecodedImage, face: &BoundingBox) -> Result<f32, FaceError> {
        let CropRule::Inside(scale) = self.crop;
        let crop = inside(image.width(), image.height(), face, scale)
            .and_then(|region| resize_part(image, region, self.size, self.size))
            .ok_or_else(|| FaceError::Inference("the face has no area to judge".to_owned()))?;
        let side = self.size as usize;
        let mut input = vec![0.0; 3 * side * side];
        fill_planes(&mut input, side, &crop, side, (0, 0), &self.tensor);
        let outputs = self.model.run([1, 3, side, side], &input)?;
        let output = values(&outputs, 0)?;
        let probability = match self.scores {
            Scores::Logits => softmax_at(output, self.live),
            Scores::Probabilities => output
                .get(self.live)
                .copied()
                .filter(|value| (0.0..=1.0).contains(value)),
        };
        probability.ok_or_else(|| {
            FaceError::Inference("the liveness model gave no usable figures".to_owned())
        })
    }
}

/// Softmax of `logits` at `index`; `None` when there is no such class or the result is not finite.
fn softmax_at(logits: &[f32], index: usize) -> Option<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - top).exp()).sum();
    let probability = (logits.get(index)? - top).exp() / sum;
    probability.is_finite().then_some(probability)
}

/// MiniFASNet's crop: the box enlarged `scale` times about its centre (less where the picture is too small for that), then
/// shifted, not cut, to lie inside the `width x height` picture; right and bottom edges included.
fn inside(width: u32, height: u32, face: &BoundingBox, scale: f32) -> Option<Region> {
    let (w, h) = (f64::from(width), f64::from(height));
    let (bw, bh) = (f64::from(face.width()), f64::from(face.height()));
    let scale = ((h - 1.0) / bh).min((w - 1.0) / bw).min(f64::from(scale));
    if !(scale.is_finite() && scale > 0.0) {
        return None;
    }
    let center = face.center();
    // The edges of a span of length `size` around `center`, shifted into 0..=last.
    let span = |center: f64, size: f64, last: f64| {
        let (mut low, mut high) = (center - size / 2.0, center + size / 2.0);
        if low < 0.0 {
            high -= low;
            low = 0.0;
        }
        if high > last {
            low -= high - last;
            high = last;
        }
        (low.max(0.0) as u32, high.max(0.0) as u32)
    };
    let (left, right) = span(f64::from(center.x), bw * scale, w - 1.0);
    let (top, bottom) = span(f64::from(center.y), bh * scale, h - 1.0);
    Some(Region {
        left,
        top,
        width: right.checked_sub(left)? + 1,
        height: bottom.checked_sub(top)? + 1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_box_at_the_edge_is_shifted_inside() {
        let face = BoundingBox {
            left: 0.0,
            top: 10.0,
            right: 20.0,
            bottom: 40.0,
        };
        let region = inside(200, 100, &face, 2.0).unwrap();
        assert_eq!(
            region,
            Region {
                left: 0,
                top: 0,
                width: 41,
                height: 61
            }
        );
    }

    #[test]
    fn softmax_of_equal_logits_is_even() {
        assert!((softmax_at(&[3.0, 3.0, 3.0], 1).unwrap() - 1.0 / 3.0).abs() < 1e-6);
        assert!(softmax_at(&[f32::NAN, 1.0], 0).is_none() && softmax_at(&[1.0], 4).is_none());
    }

    proptest! {
        #[test]
        fn a_crop_always_lies_inside(width in 2..3000_u32, height in 2..3000_u32, left in -500.0..3000.0f32, top in -500.0..3000.0f32,
                                     w in 0.0..4000.0f32, h in 0.0..4000.0f32, scale in 0.5..6.0f32) {
            let face = BoundingBox { left, top, right: left + w, bottom: top + h };
            if let Some(region) = inside(width, height, &face, scale) {
                prop_assert!(region.left + region.width <= width && region.top + region.height <= height);
                prop_assert!(region.width >= 1 && region.height >= 1);
            }
        }
    }
}
