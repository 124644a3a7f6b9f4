//! Accuracy and error rates of a list of pairs, as LFW's protocol defines them (Huang et al. 2007, View 2).

use serde::Serialize;

/// A pair with its cosine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Minus infinity when a picture gave no template: never a match.
    pub cosine: f64,
    /// Whether the pair shows one person.
    pub same: bool,
    /// The fold that it belongs to.
    pub fold: usize,
}

/// Share of pairs judged rightly, each fold at the threshold that is best on all others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    /// Mean of the folds, 0 to 1.
    pub mean: f64,
    /// Their standard deviation (of the folds, not of the mean).
    pub deviation: f64,
    /// Each fold's.
    pub folds: Vec<f64>,
}

/// The accuracy; `None` with fewer than two folds that have pairs.
#[must_use]
pub fn accuracy(pairs: &[Scored]) -> Option<Accuracy> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.cosine.total_cmp(&b.cosine));
    let mut names: Vec<usize> = sorted.iter().map(|pair| pair.fold).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let folds: Vec<f64> = names
        .iter()
        .map(|fold| {
            let others: Vec<Scored> = sorted
                .iter()
                .filter(|pair| pair.fold != *fold)
                .copied()
                .collect();
            let threshold = best_threshold(&others);
            let own = sorted.iter().filter(|pair| pair.fold == *fold);
            let (right, all) = own.fold((0_u64, 0_u64), |(right, all), pair| {
                (
                    right + u64::from((pair.cosine >= threshold) == pair.same),
                    all + 1,
                )
            });
            right as f64 / all.max(1) as f64
        })
        .collect();
    let mean = folds.iter().sum::<f64>() / folds.len() as f64;
    let squares: f64 = folds.iter().map(|fold| (fold - mean).powi(2)).sum();
    Some(Accuracy {
        mean,
        deviation: (squares / folds.len() as f64).sqrt(),
        folds,
    })
}

/// The threshold that judges most of these pairs rightly; the middle one of several. `sorted` by cosine.
fn best_threshold(sorted: &[Scored]) -> f64 {
    // From "all match" on, each pair that falls below the threshold is judged the other way.
    let mut right = sorted.iter().filter(|pair| pair.same).count() as i64;
    let mut cuts = vec![(right, 0)];
    for (at, pair) in sorted.iter().enumerate() {
        right += if pair.same { -1 } else { 1 };
        let tied = sorted
            .get(at + 1)
            .is_some_and(|next| next.cosine == pair.cosine);
        if !tied {
            cuts.push((right, at + 1));
        }
    }
    let best = cuts
        .iter()
        .map(|(right, _)| *right)
        .max()
        .unwrap_or_default();
    let equal: Vec<usize> = cuts
        .iter()
        .filter(|(right, _)| *right == best)
        .map(|(_, at)| *at)
        .collect();
    let at = equal.get(equal.len() / 2).copied().unwrap_or_default();
    match (
        at.checked_sub(1).and_then(|below| sorted.get(below)),
        sorted.get(at),
    ) {
        (Some(below), Some(above)) if below.cosine.is_finite() => {
            f64::midpoint(below.cosine, above.cosine)
        }
        (_, Some(above)) => above.cosine,
        // Just above the highest: nothing matches.
        (Some(below), None) => below.cosine.next_up(),
        (None, None) => 0.0,
    }
}

/// Where as many strangers match as same persons do not: the mean of the two rates where they are closest. `None` without pairs of
/// either kind.
#[must_use]
pub fn equal_error(pairs: &[Scored]) -> Option<f64> {
    let (genuine, impostors) = apart(pairs)?;
    let mut thresholds: Vec<f64> = pairs.iter().map(|pair| pair.cosine).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let rates = thresholds.iter().map(|threshold| {
        let misses =
            genuine.partition_point(|cosine| cosine < threshold) as f64 / genuine.len() as f64;
        let matches = impostors.len() - impostors.partition_point(|cosine| cosine < threshold);
        (misses, matches as f64 / impostors.len() as f64)
    });
    let closest = rates.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
    closest.map(|(misses, matches)| f64::midpoint(misses, matches))
}

/// The share of same-person pairs above the cosine that at most the fraction `far` of the others exceeds. `None` without pairs of
/// either kind.
#[must_use]
pub fn true_accepts(pairs: &[Scored], far: f64) -> Option<f64> {
    let (genuine, impostors) = apart(pairs)?;
    // A little more than exact, for fractions that a double does not hold.
    let most = (far * impostors.len() as f64 + 1e-9) as usize;
    let threshold = impostors
        .iter()
        .rev()
        .nth(most)
        .copied()
        .unwrap_or(f64::NEG_INFINITY);
    let above = genuine.len() - genuine.partition_point(|cosine| *cosine <= threshold);
    Some(above as f64 / genuine.len() as f64)
}

/// Sorted cosines of same-person pairs and of the others; `None` when either is empty.
fn apart(pairs: &[Scored]) -> Option<(Vec<f64>, Vec<f64>)> {
    let sorted = |same: bool| {
        let mut cosines: Vec<f64> = pairs
            .iter()
            .filter(|pair| pair.same == same)
            .map(|pair| pair.cosine)
            .collect();
        cosines.sort_by(f64::total_cmp);
        cosines
    };
    let (genuine, impostors) = (sorted(true), sorted(false));
    (!genuine.is_empty() && !impostors.is_empty()).then_some((genuine, impostors))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scored(cosines: &[(f64, bool)]) -> Vec<Scored> {
        let pairs = cosines.iter().enumerate();
        pairs
            .map(|(at, (cosine, same))| Scored {
                cosine: *cosine,
                same: *same,
                fold: at % 2,
            })
            .collect()
    }

    #[test]
    fn the_best_threshold_is_the_middle_of_the_best() {
        let sorted = scored(&[(0.1, false), (0.2, false), (0.6, true), (0.8, true)]);
        assert!((best_threshold(&sorted) - 0.4).abs() < 1e-12);
        let strangers = scored(&[(0.1, false), (0.2, false)]);
        assert!(best_threshold(&strangers) > 0.2);
        let same = scored(&[(0.1, true), (0.2, true)]);
        assert!(best_threshold(&same) <= 0.1);
        let tied = scored(&[(0.3, false), (0.3, false), (0.3, true), (0.5, true)]);
        assert!(
            (best_threshold(&tied) - 0.4).abs() < 1e-12,
            "a cut never parts equals"
        );
        let failed = scored(&[(f64::NEG_INFINITY, false), (0.3, true)]);
        assert_eq!(best_threshold(&failed), 0.3);
    }

    #[test]
    fn a_hand_counted_protocol() {
        // Fold 0 in even places. Fold 1's best threshold is between 0.2 and 0.5, fold 0's between 0.4 and 0.7.
        let pairs = scored(&[
            (0.1, false),
            (0.2, false),
            (0.4, false),
            (0.5, true),
            (0.7, true),
            (0.9, true),
        ]);
        let found = accuracy(&pairs).unwrap();
        // Fold 0 at 0.35: 0.4 is judged wrongly. Fold 1 at 0.55: 0.5 is.
        assert!(
            (found.folds[0] - 2.0 / 3.0).abs() < 1e-12
                && (found.folds[1] - 2.0 / 3.0).abs() < 1e-12,
            "{found:?}"
        );
        assert_eq!(found.deviation, 0.0);
        assert!(accuracy(&pairs[..1]).is_none());
        assert_eq!(equal_error(&pairs), Some(0.0));
        let overlapping = scored(&[(0.1, false), (0.6, false), (0.5, true), (0.9, true)]);
        assert_eq!(equal_error(&overlapping), Some(0.5));
        assert_eq!(true_accepts(&overlapping, 0.0), Some(0.5));
        assert_eq!(true_accepts(&overlapping, 0.5), Some(1.0));
        assert!(equal_error(&pairs[..2]).is_none() && true_accepts(&pairs[..2], 0.1).is_none());
    }

    fn any_pairs() -> impl Strategy<Value = Vec<Scored>> {
        let pair = (-10_i32..=10, any::<bool>(), 0_usize..3);
        prop::collection::vec(pair, 2..60).prop_map(|pairs| {
            pairs
                .into_iter()
                .map(|(cosine, same, fold)| Scored {
                    cosine: f64::from(cosine) / 10.0,
                    same,
                    fold,
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn no_threshold_is_better_than_the_best(mut pairs in any_pairs()) {
            pairs.sort_by(|a, b| a.cosine.total_cmp(&b.cosine));
            let right = |threshold: f64| pairs.iter().filter(|pair| (pair.cosine >= threshold) == pair.same).count();
            let best = right(best_threshold(&pairs));
            for threshold in (-22..=22).map(|step| f64::from(step) / 20.0) {
                prop_assert!(right(threshold) <= best);
            }
        }

        #[test]
        fn rates_are_those_of_brute_force(pairs in any_pairs(), far in 0.0..1.0f64) {
            let count = |same: bool, keep: &dyn Fn(f64) -> bool| pairs.iter().filter(|pair| pair.same == same && keep(pair.cosine)).count();
            let (genuine, impostors) = (count(true, &|_| true), count(false, &|_| true));
            prop_assume!(genuine > 0 && impostors > 0);
            let tar = true_accepts(&pairs, far).unwrap();
            // The lowest threshold, strictly exceeded by few enough strangers, among all values that occur.
            let allowed = far * impostors as f64;
            let brute = pairs.iter().map(|pair| pair.cosine).chain([f64::NEG_INFINITY])
                .filter(|t| count(false, &|c| c > *t) as f64 <= allowed + 1e-9)
                .map(|t| count(true, &|c| c > t))
                .max().unwrap();
            prop_assert!((tar - brute as f64 / genuine as f64).abs() < 1e-9, "{} {}", tar, brute);
            let eer = equal_error(&pairs).unwrap();
            prop_assert!((0.0..=1.0).contains(&eer));
        }
    }
}
