//! Non-maximum suppression: of boxes that overlap, the best stays, or their mean.

use crate::{BoundingBox, Face, Point};

/// As [`suppress`], but what stays is the mean of the best and of those that overlap it, weighted by their scores: BlazeFace
/// says one face many times, each a little differently.
pub(super) fn blend(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = Vec::new();
    while let Some(best) = faces.first().cloned() {
        // The best itself among them, whatever its box.
        let same: Vec<Face> = std::iter::once(faces.remove(0))
            .chain(faces.extract_if(.., |face| best.bbox.iou(&face.bbox) > limit))
            .collect();
        kept.push(mean(&same, best.score));
    }
    kept
}

fn mean(faces: &[Face], score: f32) -> Face {
    let total: f32 = faces.iter().map(|face| face.score).sum();
    let of = |value: &dyn Fn(&Face) -> f32| {
        faces
            .iter()
            .map(|face| value(face) * face.score)
            .sum::<f32>()
            / total.max(f32::EPSILON)
    };
    Face {
        bbox: BoundingBox {
            left: of(&|face| face.bbox.left),
            top: of(&|face| face.bbox.top),
            right: of(&|face| face.bbox.right),
            bottom: of(&|face| face.bbox.bottom),
        },
        landmarks: std::array::from_fn(|i| {
            Point::new(
                of(&|face| face.landmarks[i].x),
                of(&|face| face.landmarks[i].y),
            )
        }),
        score,
    }
}

/// The faces that no better one overlaps by more than `limit` (intersection over union), best first.
pub(super) fn suppress(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept
            .iter()
            .all(|better| better.bbox.iou(&face.bbox) <= limit)
        {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn face(left: f32, score: f32) -> Face {
        Face {
            bbox: BoundingBox {
                left,
                top: 0.0,
                right: left + 10.0,
                bottom: 10.0,
            },
            landmarks: [Point::default(); 5],
            score,
        }
    }

    #[test]
    fn the_better_of_two_overlapping_faces_stays() {
        let kept = suppress(vec![face(1.0, 0.7), face(0.0, 0.9), face(30.0, 0.6)], 0.3);
        assert_eq!(kept.iter().map(|f| f.score).collect::<Vec<_>>(), [0.9, 0.6]);
    }

    #[test]
    fn overlapping_faces_are_averaged_by_their_scores() {
        let kept = blend(vec![face(2.0, 0.3), face(0.0, 0.9), face(30.0, 0.6)], 0.3);
        assert_eq!(kept.iter().map(|f| f.score).collect::<Vec<_>>(), [0.9, 0.6]);
        assert!((kept[0].bbox.left - 0.5).abs() < 1e-5 && (kept[0].bbox.right - 10.5).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn what_stays_does_not_overlap(faces in prop::collection::vec((0.0..100.0f32, 0.0..1.0f32), 0..40)) {
            let kept = suppress(faces.iter().map(|(left, score)| face(*left, *score)).collect(), 0.3);
            for (i, a) in kept.iter().enumerate() {
                for b in &kept[i + 1..] {
                    prop_assert!(a.bbox.iou(&b.bbox) <= 0.3 && a.score >= b.score);
                }
            }
            prop_assert_eq!(kept.is_empty(), faces.is_empty());
        }
    }
}
