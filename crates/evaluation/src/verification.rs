//! How well same persons are told from strangers.

use inference::Embedding;
use serde::Serialize;

use crate::{
    Accuracy, Pair, PairList, Rate, Scored, accuracy, equal_error,
    pairwise::Shape,
    report::Threshold,
    stats::{Distribution, true_accepts},
};

/// False accept rates at which true accepts are stated.
const FARS: [f64; 3] = [1e-2, 1e-3, 1e-4];

/// Figures of a protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// The list of pairs, or `all pairs`.
    pub source: String,
    /// Same-person pairs of which both pictures have a template.
    pub genuine: u64,
    /// The same of different persons.
    pub impostors: u64,
    /// Pairs with a picture that has no template: in `accuracy`, and in no other figure below.
    pub without_template: u64,
    /// Pairs that name a picture that is not there: nowhere in the figures.
    pub left_out: u64,
    /// Of all pairs of a list, where one without both templates counts as "no match"; of the pairs within ten folds of people otherwise,
    /// each kind weighing one half.
    pub accuracy: Option<Accuracy>,
    /// Of the pairs of a list with both templates.
    pub accuracy_with_templates: Option<Accuracy>,
    /// Where both error rates are equal.
    pub equal_error: Option<f64>,
    /// True accepts at false accept rates.
    pub true_accepts: Vec<TrueAccepts>,
    /// Error rates of the pairs of a list at scores; empty for all pairs, which have them in [`crate::Report::thresholds`]. Their
    /// intervals are those of independent pairs.
    pub thresholds: Vec<Threshold>,
}

/// True accepts at one false accept rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrueAccepts {
    /// The false accept rate.
    pub far: f64,
    /// Share of same-person pairs above the cosine that at most this share of the others exceeds.
    pub tar: Option<f64>,
    /// The impostor pairs are too few for this rate: it is the share at none of them.
    pub finer_than_pairs: bool,
}

/// Figures of a list of pairs; `template` gives a picture's template.
pub(crate) fn of_list<'a>(
    source: String,
    list: &PairList,
    template: impl Fn(usize) -> Option<&'a Embedding>,
    scores: &[(f64, f32)],
) -> Verification {
    let score = |pair: &Pair| {
        let cosine = match (template(pair.first), template(pair.second)) {
            (Some(a), Some(b)) => cosine(a, b),
            _ => f64::NEG_INFINITY,
        };
        Scored {
            cosine,
            same: pair.same,
            fold: pair.fold,
        }
    };
    let all: Vec<Scored> = list.pairs.iter().map(score).collect();
    let usable: Vec<Scored> = all
        .iter()
        .filter(|pair| pair.cosine.is_finite())
        .copied()
        .collect();
    let count = |same: bool| usable.iter().filter(|pair| pair.same == same).count() as u64;
    let impostors = count(false);
    let errors = |same: bool, cosine: f64| {
        let of = usable.iter().filter(|pair| pair.same == same);
        of.filter(|pair| (pair.cosine >= cosine) != same).count() as u64
    };
    let thresholds = scores.iter().map(|(score, cosine)| {
        let cosine = f64::from(*cosine);
        Threshold {
            score: *score,
            cosine,
            fmr: Rate::of_trials(errors(false, cosine), impostors),
            fnmr: Rate::of_trials(errors(true, cosine), count(true)),
        }
    });
    Verification {
        source,
        genuine: count(true),
        impostors,
        without_template: (all.len() - usable.len()) as u64,
        left_out: list.left_out as u64,
        accuracy: accuracy(&all),
        accuracy_with_templates: accuracy(&usable),
        equal_error: equal_error(&usable),
        true_accepts: FARS
            .map(|far| accepts(far, impostors, true_accepts(&usable, far)))
            .to_vec(),
        thresholds: thresholds.collect(),
    }
}

fn accepts(far: f64, impostors: u64, tar: Option<f64>) -> TrueAccepts {
    TrueAccepts {
        far,
        tar,
        finer_than_pairs: far * impostors as f64 + 1e-9 < 1.0,
    }
}

/// In f64, whatever the order of the sum.
fn cosine(a: &Embedding, b: &Embedding) -> f64 {
    let products = a
        .as_slice()
        .iter()
        .zip(b.as_slice())
        .map(|(a, b)| f64::from(*a) * f64::from(*b));
    products.sum()
}

/// Figures of all pairs.
pub(crate) fn of_all(shape: &Shape) -> Verification {
    let (genuine, impostors) = (&shape.genuine, &shape.impostors);
    let accuracy = fold_accuracy(&shape.folds);
    let accepted = genuine.reaching();
    let tar = |far: f64| {
        let cosine = impostors.reached_by((far * impostors.count() as f64 + 1e-6) as u64);
        let bin = ((cosine + 1.0) * 100_000.0).round() as usize;
        let above = accepted.get(bin).copied().unwrap_or_default();
        (genuine.count() > 0 && impostors.count() > 0)
            .then(|| above as f64 / genuine.count() as f64)
    };
    Verification {
        source: "all pairs".to_owned(),
        genuine: genuine.count(),
        impostors: impostors.count(),
        without_template: 0,
        left_out: 0,
        accuracy_with_templates: None,
        accuracy,
        equal_error: equal_error_of(genuine, impostors),
        true_accepts: FARS
            .map(|far| accepts(far, impostors.count(), tar(far)))
            .to_vec(),
        thresholds: Vec::new(),
    }
}

fn equal_error_of(genuine: &Distribution, impostors: &Distribution) -> Option<f64> {
    if genuine.count() == 0 || impostors.count() == 0 {
        return None;
    }
    let (accepted, matched) = (genuine.reaching(), impostors.reaching());
    let rates = accepted.iter().zip(&matched).map(|(accepted, matched)| {
        (
            1.0 - *accepted as f64 / genuine.count() as f64,
            *matched as f64 / impostors.count() as f64,
        )
    });
    let closest = rates.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
    closest.map(|(misses, matches)| f64::midpoint(misses, matches))
}

/// Each fold at the step of cosine that is best on the others; same persons and strangers weigh one half each.
fn fold_accuracy(folds: &[[Vec<u64>; 2]]) -> Option<Accuracy> {
    let [genuine, impostors] = [0, 1].map(|kind| {
        let mut sum: Vec<u64> = Vec::new();
        for steps in folds.iter().filter_map(|kinds| kinds.get(kind)) {
            sum.resize(steps.len(), 0);
            sum.iter_mut().zip(steps).for_each(|(to, from)| *to += from);
        }
        sum
    });
    let minus = |whole: &[u64], part: &[u64]| -> Vec<u64> {
        whole.iter().zip(part).map(|(a, b)| a - b).collect()
    };
    let rates: Option<Vec<f64>> = folds
        .iter()
        .map(|[same, other]| {
            let train = balanced(&minus(&genuine, same), &minus(&impostors, other))?;
            let best = train.iter().copied().reduce(f64::max)?;
            let equal: Vec<usize> = (0..train.len())
                .filter(|at| train.get(*at) == Some(&best))
                .collect();
            let threshold = *equal.get(equal.len() / 2)?;
            balanced(same, other)?.get(threshold).copied()
        })
        .collect();
    let rates = rates.filter(|rates| !rates.is_empty())?;
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
    Some(Accuracy {
        mean,
        deviation: (squares / rates.len() as f64).sqrt(),
        folds: rates,
    })
}

/// For each step as threshold the mean of the shares judged rightly; `None` when there is no pair of either kind.
fn balanced(genuine: &[u64], impostors: &[u64]) -> Option<Vec<f64>> {
    let (all_genuine, all_impostors) = (genuine.iter().sum::<u64>(), impostors.iter().sum::<u64>());
    if all_genuine == 0 || all_impostors == 0 {
        return None;
    }
    let (mut accepted, mut refused) = (all_genuine, 0);
    let steps = genuine.iter().zip(impostors).map(|(same, other)| {
        let right = accepted as f64 / all_genuine as f64 + refused as f64 / all_impostors as f64;
        accepted -= same;
        refused += other;
        right / 2.0
    });
    Some(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_shares_are_counted_by_hand() {
        // Steps 0..3: genuine 0, 1, 0, 3; impostors 2, 1, 1, 0.
        let shares = balanced(&[0, 1, 0, 3], &[2, 1, 1, 0]).unwrap();
        assert_eq!(shares, [0.5, 0.75, 0.75, 0.875]);
        assert!(balanced(&[0], &[3]).is_none());
    }

    #[test]
    fn folds_are_judged_at_the_threshold_of_the_others() {
        let fold = |genuine: [u64; 4], impostors: [u64; 4]| [genuine.to_vec(), impostors.to_vec()];
        // The first alone is best at step 2, the second at step 3.
        let folds = [
            fold([0, 0, 1, 1], [1, 1, 0, 0]),
            fold([0, 0, 0, 2], [1, 0, 1, 0]),
        ];
        let found = fold_accuracy(&folds).unwrap();
        // The first at step 3: half of the genuine is lost. The second at step 2: half of the impostors match.
        assert_eq!(found.folds, [0.75, 0.75]);
        assert!(fold_accuracy(&[]).is_none());
        assert!(
            fold_accuracy(&folds[..1]).is_none(),
            "nothing to choose the threshold on"
        );
    }

    #[test]
    fn a_failure_is_a_miss_or_left_out() {
        let unit = |x: f32, y: f32| Embedding::normalised(&[x, y]).unwrap();
        let templates = [
            Some(unit(1.0, 0.0)),
            Some(unit(0.9, 0.1)),
            Some(unit(0.0, 1.0)),
            None,
        ];
        let pair = |first, second, same, fold| Pair {
            first,
            second,
            same,
            fold,
        };
        let list = PairList {
            pairs: vec![
                pair(0, 1, true, 0),
                pair(0, 2, false, 0),
                pair(0, 1, true, 1),
                pair(1, 2, false, 1),
                pair(0, 3, true, 1),
            ],
            left_out: 2,
            missing: vec!["x".to_owned()],
        };
        let found = of_list(
            "list".to_owned(),
            &list,
            |at| templates[at].as_ref(),
            &[(0.5, 0.1), (0.9, 0.9999)],
        );
        let errors = |at: usize| {
            (
                found.thresholds[at].fmr.unwrap().errors,
                found.thresholds[at].fnmr.unwrap().errors,
            )
        };
        // The strangers' cosines are 0 and 0.11, the same person's twice 0.99.
        assert_eq!((errors(0), errors(1)), ((1, 0), (0, 2)));
        assert_eq!(
            (
                found.genuine,
                found.impostors,
                found.without_template,
                found.left_out
            ),
            (2, 2, 1, 2)
        );
        assert_eq!(
            found.accuracy_with_templates.as_ref().unwrap().folds,
            [1.0, 1.0]
        );
        assert!((found.accuracy.as_ref().unwrap().folds[1] - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.equal_error, Some(0.0));
        assert!(
            found
                .true_accepts
                .iter()
                .all(|at| at.tar == Some(1.0) && at.finer_than_pairs)
        );
    }
}
