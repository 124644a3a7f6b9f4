//! This dialect's scores: another scale than the core's (and the other dialects'), mapped by straight lines between anchors
//! (design: accuracy.md). 0.70, the vendor's recommended cut, is 0.81, and its 0.67 for pictures years apart is 0.75.

use inference::Score;

/// A score of this dialect, and the core's that means the same.
const ANCHORS: [(f64, f64); 4] = [(0.0, 0.0), (0.67, 0.75), (0.70, 0.81), (1.0, 1.0)];

/// A core score this much lower may still be rounded up to the limit: half a last decimal at the steepest line, and a little more.
/// [`reaches`] decides.
pub(super) const SLACK: f64 = 0.000_2;

/// The core's score for a limit of this dialect, 0 to 1.
pub(super) fn core(limit: f64) -> f64 {
    line(limit, |(own, core)| (own, core))
}

/// The limit of this dialect for one of the core's, 0 to 1, with 4 decimals: never a lower one.
pub(super) fn limit(core: f64) -> f64 {
    // The grain of the arithmetic is no reason to go up.
    (own(core) * 10_000.0 - 1e-6).ceil() / 10_000.0
}

/// The score as this dialect shows it, with 4 decimals.
pub(super) fn shown(score: Score) -> f64 {
    (own(f64::from(score.value())) * 10_000.0).round() / 10_000.0
}

fn own(score: f64) -> f64 {
    line(score, |(own, core)| (core, own))
}

/// Whether the score, as it is shown, is at or above the limit.
pub(super) fn reaches(score: Score, limit: f64) -> bool {
    shown(score) >= limit
}

fn line(x: f64, of: impl Fn((f64, f64)) -> (f64, f64)) -> f64 {
    let mut below = of(ANCHORS[0]);
    for anchor in ANCHORS.into_iter().map(of).skip(1) {
        if x <= anchor.0 {
            let (x0, y0) = below;
            return y0 + (anchor.1 - y0) * (x.max(x0) - x0) / (anchor.0 - x0);
        }
        below = anchor;
    }
    below.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn anchors() {
        for (own, there) in ANCHORS {
            assert!((core(own) - there).abs() < 1e-12);
            assert!((shown(Score::new(there as f32)) - own).abs() < 1e-9);
        }
        assert_eq!(shown(Score::new(0.85)), 0.7632);
        assert_eq!(core(7.0), 1.0);
    }

    proptest! {
        #[test]
        fn a_higher_score_is_never_shown_lower(a in 0.0..=1.0_f32, b in 0.0..=1.0_f32) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(shown(Score::new(low)) <= shown(Score::new(high)));
        }

        #[test]
        fn a_limit_of_the_core_is_kept(score in 0.0..=1.0_f32) {
            let score = Score::new(score).rounded();
            prop_assert!(core(limit(score)) >= score - 1e-9);
            prop_assert!(core(limit(score) - 0.000_101) < score);
        }

        #[test]
        fn what_reaches_the_limit_is_above_the_floor(score in 0.0..=1.0_f32, limit in 0.0..=1.0_f64) {
            let score = Score::new(score);
            if reaches(score, limit) {
                prop_assert!(score.rounded() >= core(limit) - SLACK, "{} {}", score.rounded(), core(limit));
            }
        }
    }
}
