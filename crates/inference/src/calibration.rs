//! From raw figures to calibrated scores.

use packs::{Calibration, LivenessCalibration};

use crate::{Embedding, Score};

/// The scale that existing clients' thresholds are on: the score at each false match rate of one comparison.
const SCALE: [(f64, f32); 5] = [
    (1e-2, 0.50),
    (1e-3, 0.67),
    (1e-4, 0.75),
    (1e-5, 0.81),
    (1e-6, 0.85),
];

/// Half of the last decimal that scores are emitted with, and a little for the arithmetic.
const ROUNDING: f32 = 0.000_06;

/// A monotonic, piecewise-linear map onto 0..=1.
#[derive(Debug, Clone)]
struct Curve(Vec<(f32, f32)>);

impl Curve {
    fn at(&self, x: f32) -> Score {
        let above = self.0.partition_point(|point| point.0 <= x);
        let y = match (
            above.checked_sub(1).and_then(|i| self.0.get(i)),
            self.0.get(above),
        ) {
            (None, Some(first)) => first.1,
            (Some(last), None) => last.1,
            (Some(low), Some(high)) => low.1 + (high.1 - low.1) * (x - low.0) / (high.0 - low.0),
            (None, None) => 0.0,
        };
        Score::new(y)
    }

    /// The least x with at least this y; minus infinity when every x has it.
    fn inverse(&self, y: f32) -> f32 {
        let above = self.0.partition_point(|point| point.1 < y);
        match (
            above.checked_sub(1).and_then(|i| self.0.get(i)),
            self.0.get(above),
        ) {
            (None, _) => f32::NEG_INFINITY,
            (Some(last), None) => last.0,
            (Some(low), Some(high)) => low.0 + (high.0 - low.0) * (y - low.1) / (high.1 - low.1),
        }
    }
}

/// The match score of a pack's embedding model: which cosine has which score.
#[derive(Debug, Clone)]
pub struct MatchScale(Curve);

impl MatchScale {
    /// 0 at the impostors' mean, the scale's values at the measured anchors, 1 for identical templates.
    #[must_use]
    pub fn new(calibration: &Calibration) -> Self {
        let anchors = SCALE.iter().filter_map(|&(fmr, score)| {
            calibration
                .cosine_at(fmr)
                .map(|cosine| (cosine as f32, score))
        });
        let mut points = vec![(calibration.impostor_mean as f32, 0.0)];
        points.extend(anchors);
        points.push((1.0, 1.0));
        Self(Curve(points))
    }

    /// Calibrated similarity of two templates.
    pub(crate) fn similarity(&self, a: &Embedding, b: &Embedding) -> Score {
        self.score(a.cosine(b))
    }

    /// The score of two templates with this cosine, -1 to 1. For searches, which compare templates themselves; no raw cosine
    /// goes further than that.
    #[must_use]
    pub fn score(&self, cosine: f32) -> Score {
        self.0.at(cosine)
    }

    /// The least cosine whose score, rounded as it is emitted, can reach `score`: what a search may leave out below.
    #[must_use]
    pub fn least_cosine(&self, score: Score) -> f32 {
        self.0.inverse(score.value() - ROUNDING)
    }
}

/// The liveness score of a pack's ensemble.
#[derive(Debug, Clone)]
pub(crate) struct LivenessScale(Curve);

impl LivenessScale {
    /// 0.5 at the measured equal-error point, straight lines to 0 and 1.
    pub(crate) fn new(calibration: &LivenessCalibration) -> Self {
        Self(Curve(vec![
            (0.0, 0.0),
            (calibration.equal_error as f32, 0.5),
            (1.0, 1.0),
        ]))
    }

    pub(crate) fn of_probability(&self, mean: f32) -> Score {
        self.0.at(mean)
    }
}

#[cfg(test)]
mod tests {
    use packs::Anchor;
    use proptest::prelude::*;

    use super::*;

    fn scale() -> MatchScale {
        let anchors = [
            (1e-2, 0.19),
            (1e-3, 0.26),
            (1e-4, 0.33),
            (1e-5, 0.39),
            (1e-6, 0.45),
        ];
        MatchScale::new(&Calibration {
            measured: "made up".into(),
            model_sha256: String::new(),
            provisional: true,
            impostor_mean: 0.01,
            anchors: anchors
                .map(|(fmr, cosine)| Anchor {
                    fmr,
                    cosine,
                    tar: None,
                    extrapolated: false,
                })
                .to_vec(),
        })
    }

    #[test]
    fn anchors_have_the_scores_of_the_scale() {
        for (cosine, score) in [
            (-1.0, 0.0),
            (0.01, 0.0),
            (0.19, 0.5),
            (0.26, 0.67),
            (0.33, 0.75),
            (0.39, 0.81),
            (0.45, 0.85),
            (1.0, 1.0),
            (1.1, 1.0),
        ] {
            assert!(
                (scale().score(cosine).value() - score).abs() < 1e-6,
                "cosine {cosine}"
            );
        }
    }

    #[test]
    fn liveness_is_even_at_the_equal_error_point() {
        let scale = LivenessScale::new(&LivenessCalibration {
            measured: "made up".into(),
            equal_error: 0.7,
        });
        assert_eq!(
            [0.0, 0.35, 0.7, 0.85, 1.0].map(|p| scale.of_probability(p).rounded()),
            [0.0, 0.25, 0.5, 0.75, 1.0]
        );
    }

    proptest! {
        #[test]
        fn a_higher_cosine_never_scores_lower(a in -1.0..1.0f32, b in -1.0..1.0f32) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(scale().score(low) <= scale().score(high));
        }

        #[test]
        fn nothing_below_the_least_cosine_reaches_the_score(min in 0.0..1.0f32, cosine in -1.0..1.0f32) {
            let (scale, min) = (scale(), Score::new(min));
            if cosine < scale.least_cosine(min) {
                prop_assert!(scale.score(cosine).rounded() < min.rounded());
            }
        }

        #[test]
        fn a_score_is_always_between_0_and_1(cosine in prop::num::f32::ANY) {
            let score = scale().score(cosine).value();
            prop_assert!((0.0..=1.0).contains(&score));
        }
    }
}
