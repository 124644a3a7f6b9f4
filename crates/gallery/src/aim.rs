//! What a threshold means for a gallery of a size.

use inference::{MatchScale, Score};

/// The threshold of a search, and how often it takes a stranger for somebody.
///
/// Every enrolled face is compared with the probe, and a person scores as the likest of its faces: so a search errs unless all its
/// comparisons are right, and `1 - (1 - FMR)^N` counts faces, not persons. It takes comparisons to be independent. Faces of one person
/// are not, and neither are those of people who look alike, so that the figure is rather too high than too low.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Persons from this score on are found, 0 to 1.
    pub min_score: f64,
    /// The share of comparisons of two different people that reach it, 0 to 1.
    pub fmr: f64,
    /// Faces that are compared with a probe.
    pub faces: usize,
    /// The expected share of probes of people who are not enrolled that find somebody nevertheless, 0 to 1.
    pub fpir: f64,
}

impl Aim {
    /// At `min_score`, or higher where that takes too many strangers for somebody: more than `max_fpir` of them, above 0 and below 1.
    #[must_use]
    pub fn new(scale: &MatchScale, faces: usize, min_score: f64, max_fpir: Option<f64>) -> Self {
        let asked = max_fpir.map(|most| scale.score_of_rate(rate_of_one(most, faces)).rounded());
        let min_score = asked.map_or(min_score, |asked| asked.max(min_score));
        let fmr = scale.false_match_rate(Score::new(min_score as f32));
        Self {
            min_score,
            fmr,
            faces,
            fpir: rate_of_any(fmr, faces),
        }
    }
}

/// `1 - (1 - rate)^faces`, also where `rate` is too small to be taken from 1.
fn rate_of_any(rate: f64, faces: usize) -> f64 {
    match faces {
        0 => 0.0,
        _ => -(faces as f64 * (-rate).ln_1p()).exp_m1(),
    }
}

/// The rate of which [`rate_of_any`] makes `any`; 1 without faces.
fn rate_of_one(any: f64, faces: usize) -> f64 {
    match faces {
        0 => 1.0,
        _ => -((-any).ln_1p() / faces as f64).exp_m1(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_rate_of_one_comparison_and_of_a_search_are_inverse(power in -9.0..-0.01f64, faces in 1..5_000_000usize) {
            let any = 10f64.powf(power);
            let back = rate_of_any(rate_of_one(any, faces), faces);
            prop_assert!((back / any - 1.0).abs() < 1e-9, "{any} {back}");
        }

        #[test]
        fn more_faces_take_strangers_for_somebody_more_often(rate in 1e-12..0.9f64, a in 0..1_000_000usize, b in 0..1_000_000usize) {
            let (few, many) = (a.min(b), a.max(b));
            prop_assert!(rate_of_any(rate, few) <= rate_of_any(rate, many));
            // Never more than one chance each.
            prop_assert!(rate_of_any(rate, many) <= (rate * many as f64).min(1.0) + 1e-12);
        }
    }

    #[test]
    fn an_empty_gallery_finds_nobody() {
        assert_eq!(rate_of_any(0.5, 0), 0.0);
        assert_eq!(rate_of_one(0.001, 0), 1.0);
        assert_eq!(rate_of_any(1.0, 3), 1.0);
    }
}
