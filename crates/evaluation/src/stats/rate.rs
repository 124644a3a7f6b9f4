//! An error rate with an interval that takes into account that pairs share people.
//!
//! Ten pictures of one person take part in thousands of pairs; what is odd about that person is odd in all of them. An interval as
//! if pairs were independent is far too narrow. So the rate's variance is estimated by leaving out one person after another (the
//! delete-one jackknife, which errs on the wide side for pairs), turned into the number of independent trials that would
//! have the same variance, and Wilson's score interval is taken for that number: it stays within 0..=1 and makes sense for few errors.

use serde::Serialize;

/// Two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// An error rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Errors counted.
    pub errors: u64,
    /// Comparisons in which one could have happened, at least 1.
    pub of: u64,
    /// Their share, 0 to 1.
    pub rate: f64,
    /// 95 % interval of the share, for people like these.
    pub interval: [f64; 2],
}

/// What one person takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unit {
    /// Errors.
    pub errors: u64,
    /// Comparisons.
    pub of: u64,
}

impl Rate {
    /// `errors` in `of` comparisons that share people. `samples` are the people, in one list, or in two when each comparison is
    /// between one of either. Without an error (or without anything else) the variance shows nothing: then `independent` says as how
    /// many independent trials the comparisons count at most. `None` when there was no comparison.
    #[must_use]
    pub fn of_people(errors: u64, of: u64, samples: &[&[Unit]], independent: u64) -> Option<Self> {
        let rate = share(errors, of)?;
        let trials = match jackknife(errors, of, samples) {
            Some(variance) if errors > 0 && errors < of => {
                // Where nobody stands out this is more than there are: infinite, at the end.
                (rate * (1.0 - rate) / variance).min(of as f64)
            }
            _ => independent.min(of) as f64,
        };
        Some(Self {
            errors,
            of,
            rate,
            interval: wilson(rate, trials.max(1.0)),
        })
    }

    /// `errors` in `of` independent trials. `None` when there was none.
    #[must_use]
    pub fn of_trials(errors: u64, of: u64) -> Option<Self> {
        let rate = share(errors, of)?;
        Some(Self {
            errors,
            of,
            rate,
            interval: wilson(rate, of as f64),
        })
    }
}

/// Pairs among `n`.
pub(crate) fn pairs_of(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

fn share(errors: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| errors as f64 / of as f64)
}

/// Wilson's score interval.
fn wilson(rate: f64, trials: f64) -> [f64; 2] {
    let z2 = Z * Z;
    let middle = rate + z2 / (2.0 * trials);
    let half = Z * (rate * (1.0 - rate) / trials + z2 / (4.0 * trials * trials)).sqrt();
    let whole = 1.0 + z2 / trials;
    // Exact ends where there is no error, or nothing else: the difference of equal numbers leaves dust.
    let low = if rate == 0.0 {
        0.0
    } else {
        ((middle - half) / whole).max(0.0)
    };
    let high = if rate == 1.0 {
        1.0
    } else {
        ((middle + half) / whole).min(1.0)
    };
    [low, high]
}

/// The variance of the rate, by leaving out one person after another; `None` when somebody takes part in every comparison.
fn jackknife(errors: u64, of: u64, samples: &[&[Unit]]) -> Option<f64> {
    let mut variance = 0.0;
    for sample in samples {
        let without = |unit: &Unit| share(errors - unit.errors.min(errors), of - unit.of.min(of));
        // Who takes part in nothing changes nothing.
        let rates: Vec<f64> = sample
            .iter()
            .filter(|unit| unit.of > 0)
            .map(without)
            .collect::<Option<_>>()?;
        let people = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / people.max(1.0);
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        variance += squares * (people - 1.0).max(0.0) / people.max(1.0);
    }
    Some(variance)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-4, "{a} is not {b}");
    }

    #[test]
    fn wilsons_interval_is_the_published_one() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (errors, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = Rate::of_trials(errors, of).unwrap().interval;
            near(interval[0], low);
            near(interval[1], high);
        }
        assert!(Rate::of_trials(0, 0).is_none());
    }

    #[test]
    fn people_who_share_an_error_count_as_one_trial() {
        // Ten people with ten comparisons each; one of them has all the errors.
        let alone: Vec<Unit> = (0..10)
            .map(|n| Unit {
                errors: if n == 0 { 10 } else { 0 },
                of: 10,
            })
            .collect();
        let spread: Vec<Unit> = (0..10).map(|_| Unit { errors: 1, of: 10 }).collect();
        let of = |units: &[Unit]| Rate::of_people(10, 100, &[units], 10).unwrap();
        let (alone, spread) = (of(&alone), of(&spread));
        // Leaving out the one gives 0, leaving out another 10/90: variance 9/10 * (0.1^2 + 9 * (1/90)^2) = 0.01, as of 9 trials.
        let interval = wilson(0.1, 9.0);
        near(alone.interval[0], interval[0]);
        near(alone.interval[1], interval[1]);
        // No person stands out: every comparison counts.
        near(spread.interval[1], wilson(0.1, 100.0)[1]);
        assert!(alone.interval[1] > Rate::of_trials(10, 100).unwrap().interval[1]);
    }

    #[test]
    fn without_an_error_people_are_the_trials() {
        let units = vec![Unit { errors: 0, of: 40 }; 5];
        let rate = Rate::of_people(0, 200, &[&units], 5).unwrap();
        assert_eq!(rate.interval, wilson(0.0, 5.0));
        assert_eq!(rate.interval[0], 0.0);
        assert!(Rate::of_people(0, 0, &[&[]], 5).is_none());
    }

    #[test]
    fn two_people_alone_leave_no_rate_without_one_of_them() {
        let units = [Unit { errors: 1, of: 4 }, Unit { errors: 1, of: 4 }];
        let rate = Rate::of_people(1, 4, &[&units], 1).unwrap();
        assert_eq!(rate.interval, wilson(0.25, 1.0));
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_rate(errors in 0_u64..500, more in 1_u64..5000, people in prop::collection::vec((0_u64..9, 0_u64..30), 0..20)) {
            let of = errors + more;
            let units: Vec<Unit> = people.iter().map(|(errors, of)| Unit { errors: *errors.min(of), of: *of }).collect();
            let rate = Rate::of_people(errors, of, &[&units], 7).unwrap();
            prop_assert!(rate.interval[0] <= rate.rate && rate.rate <= rate.interval[1]);
            prop_assert!((0.0..=1.0).contains(&rate.interval[0]) && (0.0..=1.0).contains(&rate.interval[1]));
        }

        #[test]
        fn the_jackknife_of_independent_trials_is_their_variance(errors in 1_u64..50, more in 2_u64..50) {
            // One comparison a person: the delete-one variance is p (1 - p) / (n - 1).
            let of = errors + more;
            let units: Vec<Unit> = (0..of).map(|n| Unit { errors: u64::from(n < errors), of: 1 }).collect();
            let p = errors as f64 / of as f64;
            let variance = jackknife(errors, of, &[&units]).unwrap();
            prop_assert!((variance - p * (1.0 - p) / (of - 1) as f64).abs() < 1e-9);
        }
    }
}
