//! From raw figures to calibrated scores.

use packs::{Calibration, LivenessCalibration};

use crate::{Embedding, Score, rates::Rates};

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

/// Steps of an emitted score: four decimals.
const STEPS: f64 = 10_000.0;

/// The match score of a pack's embedding model: which cosine has which score, and which score which false match rate.
#[derive(Debug, Clone)]
pub struct MatchScale {
    curve: Curve,
    rates: Rates,
}

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
        Self {
            curve: Curve(points),
            rates: Rates::new(calibration),
        }
    }

    /// Calibrated similarity of two templates.
    pub(crate) fn similarity(&self, a: &Embedding, b: &Embedding) -> Score {
        self.score(a.cosine(b))
    }

    /// The score of two templates with this cosine, -1 to 1. For searches, which compare templates themselves; no raw cosine
    /// goes further than that.
    #[must_use]
    pub fn score(&self, cosine: f32) -> Score {
        self.curve.at(cosine)
    }

    /// The least cosine whose score, rounded as it is emitted, can reach `score`: what a search may leave out below.
    #[must_use]
    pub fn least_cosine(&self, score: Score) -> f32 {
        self.curve.inverse(score.value() - ROUNDING)
    }

    /// The share of comparisons of two different people that reach `score` as it is rounded, 0 to 1: the calibration's, by straight
    /// lines in log rate over cosine. Extrapolated beyond the last measured anchor.
    #[must_use]
    pub fn false_match_rate(&self, score: Score) -> f64 {
        self.rates.at(f64::from(self.least_cosine(score)))
    }

    /// The least score of four decimals whose false match rate is at most `rate`; 1 where none has.
    #[must_use]
    pub fn score_of_rate(&self, rate: f64) -> Score {
        let cosine = self.rates.inverse(rate) as f32;
        let near = self.score(cosine).value() - ROUNDING;
        let mut step = (f64::from(near) * STEPS).floor().max(0.0);
        // A step or two: rounding up, and what f32 lost.
        while step < STEPS && self.false_match_rate(at_step(step)) > rate {
            step += 1.0;
        }
        at_step(step)
    }
}

fn at_step(step: f64) -> Score {
    Score::new((step / STEPS) as f32)
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
            own_data: false,
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
    fn anchors_have_their_false_match_rates() {
        for (fmr, score) in SCALE {
            let rate = scale().false_match_rate(Score::new(score));
            assert!((rate / fmr - 1.0).abs() < 0.01, "{score}: {rate}");
            let back = scale().score_of_rate(fmr).rounded();
            assert!((back - f64::from(score)).abs() < 0.000_11, "{fmr}: {back}");
        }
        // Log-linear beyond the last anchor: 0.06 of cosine a decade.
        let beyond = scale().false_match_rate(scale().score(0.51));
        assert!((beyond / 1e-7 - 1.0).abs() < 0.05, "{beyond}");
        assert_eq!(scale().false_match_rate(Score::ZERO), 1.0);
        assert_eq!(scale().score_of_rate(1e-300), Score::ONE);
        assert_eq!(scale().score_of_rate(1.0), Score::ZERO);
        assert!(scale().score_of_rate(0.6).rounded() <= 0.0002);
    }

    #[test]
    fn liveness_is_even_at_the_equal_error_point() {
        let scale = LivenessScale::new(&LivenessCalibration {
            measured: "made up".into(),
            equal_error: 0.7,
            own_data: false,
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
        fn a_higher_score_never_has_a_higher_rate(a in 0.0..=1.0f32, b in 0.0..=1.0f32) {
            let (low, high) = (Score::new(a.min(b)), Score::new(a.max(b)));
            prop_assert!(scale().false_match_rate(low) >= scale().false_match_rate(high));
        }

        #[test]
        fn a_lower_rate_never_has_a_lower_score(a in -12.0..0.0f64, b in -12.0..0.0f64) {
            let (low, high) = (10f64.powf(a.min(b)), 10f64.powf(a.max(b)));
            prop_assert!(scale().score_of_rate(low) >= scale().score_of_rate(high));
        }

        #[test]
        fn the_score_of_a_rate_keeps_it_and_is_the_least_that_does(power in -8.0..-0.31f64) {
            let (scale, rate) = (scale(), 10f64.powf(power));
            let score = scale.score_of_rate(rate);
            prop_assert!(scale.false_match_rate(score) <= rate);
            let step_below = Score::new(score.value() - 0.000_1);
            // Within f32's grain.
            prop_assert!(scale.false_match_rate(step_below) > rate * 0.999, "{score:?}");
        }

        #[test]
        fn a_score_comes_back_from_its_rate(score in 0.01..0.99f32) {
            let (scale, score) = (scale(), Score::new(score));
            let back = scale.score_of_rate(scale.false_match_rate(score));
            prop_assert!((back.value() - score.value()).abs() < 0.000_25, "{back:?}");
        }

        #[test]
        fn a_score_is_always_between_0_and_1(cosine in prop::num::f32::ANY) {
            let score = scale().score(cosine).value();
            prop_assert!((0.0..=1.0).contains(&score));
        }
    }
}
