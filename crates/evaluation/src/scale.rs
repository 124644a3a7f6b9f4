//! Scores and cosines.

use inference::MatchScale;

/// Scores whose error rates are reported: the contracts' thresholds and some between.
pub(crate) const SCORES: [f64; 10] = [0.50, 0.60, 0.67, 0.70, 0.75, 0.78, 0.81, 0.85, 0.90, 0.95];

/// The least cosine that gets at least `score` as it is emitted, rounded to four decimals.
pub(crate) fn least_cosine(scale: &MatchScale, score: f64) -> f32 {
    let reaches = |cosine: f32| scale.score(cosine).rounded() >= score;
    let (mut low, mut high) = (-1.0_f32, 1.0_f32);
    if reaches(low) {
        return low;
    }
    while low.next_up() < high {
        let middle = f32::midpoint(low, high);
        if reaches(middle) {
            high = middle
        } else {
            low = middle
        }
    }
    high
}

#[cfg(test)]
pub(crate) mod tests {
    use packs::{Anchor, Calibration};

    use super::*;

    /// A calibration that is easy to reckon with.
    pub(crate) fn calibration() -> Calibration {
        let anchors = [
            (1e-2, 0.2),
            (1e-3, 0.3),
            (1e-4, 0.4),
            (1e-5, 0.5),
            (1e-6, 0.6),
        ];
        Calibration {
            measured: "made up".to_owned(),
            model_sha256: "00".to_owned(),
            provisional: false,
            own_data: false,
            impostor_mean: 0.0,
            anchors: anchors
                .map(|(fmr, cosine)| Anchor {
                    fmr,
                    cosine,
                    tar: None,
                    extrapolated: false,
                })
                .to_vec(),
        }
    }

    #[test]
    fn the_least_cosine_is_the_first_that_passes() {
        let scale = MatchScale::new(&calibration());
        for score in SCORES.into_iter().chain([0.0, 0.3333, 1.0]) {
            let cosine = least_cosine(&scale, score);
            assert!(scale.score(cosine).rounded() >= score, "{score}");
            assert!(
                cosine <= -1.0 || scale.score(cosine.next_down()).rounded() < score,
                "{score}"
            );
        }
        assert!((least_cosine(&scale, 0.75) - 0.4).abs() < 1e-3);
    }
}
