//! What the cosines of all pairs look like.

use std::ops::Range;

use super::{
    Subjects,
    sweep::{Visit, sweep},
};
use crate::{EvalError, stats::Distribution};

/// Odd pairs that are kept by name.
const EXTREMES: usize = 20;

/// A pair that stands out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extreme {
    pub(crate) cosine: f32,
    /// Rows.
    pub(crate) first: usize,
    pub(crate) second: usize,
}

/// The pairs with the highest cosines times `sign`.
struct Extremes {
    sign: f32,
    floor: f32,
    pairs: Vec<Extreme>,
}

impl Extremes {
    fn new(sign: f32) -> Self {
        Self {
            sign,
            floor: f32::NEG_INFINITY,
            pairs: Vec::new(),
        }
    }

    fn offer(&mut self, one: usize, others: Range<usize>, cosines: &[f32]) {
        for (other, cosine) in others.zip(cosines) {
            if cosine * self.sign > self.floor {
                self.pairs.push(Extreme {
                    cosine: *cosine,
                    first: one,
                    second: other,
                });
                if self.pairs.len() >= 4 * EXTREMES {
                    self.prune();
                }
            }
        }
    }

    fn prune(&mut self) {
        // Equal cosines by their rows, so that the outcome is the same on any number of threads.
        self.pairs.sort_by(|a, b| {
            (b.cosine * self.sign)
                .total_cmp(&(a.cosine * self.sign))
                .then((a.first, a.second).cmp(&(b.first, b.second)))
        });
        self.pairs.truncate(EXTREMES);
        if let [.., last] = &self.pairs[..]
            && self.pairs.len() == EXTREMES
        {
            // Equals of the last may still win by their rows.
            self.floor = (last.cosine * self.sign).next_down();
        }
    }
}

/// Folds of people for an accuracy where no list of pairs is given; see [`Folds::deal`].
const FOLDS: usize = 10;

/// The cosines of all pairs.
pub(crate) struct Shape {
    pub(crate) genuine: Distribution,
    pub(crate) impostors: Distribution,
    /// Strangers who look most alike, and same persons who look least so.
    pub(crate) closest: Vec<Extreme>,
    pub(crate) farthest: Vec<Extreme>,
    /// Per fold: cosines of pairs within it, of same persons and of strangers, in steps of 1e-4. Empty when there are too few people.
    pub(crate) folds: Vec<[Vec<u64>; 2]>,
}

/// Steps of a fold's cosines per unit.
const FOLD_FINENESS: f32 = 10_000.0;

struct Looker<'a> {
    genuine: Distribution,
    impostors: Distribution,
    closest: Extremes,
    farthest: Extremes,
    fold: &'a [u8],
    folds: Vec<[Vec<u64>; 2]>,
}

impl Looker<'_> {
    /// Counts those of the pairs that lie within one fold.
    fn fold(&mut self, one: usize, others: Range<usize>, cosines: &[f32], kind: usize) {
        let fold = self.fold;
        let (Some(own), Some(theirs)) = (fold.get(one), fold.get(others)) else {
            return;
        };
        let Some(steps) = self
            .folds
            .get_mut(usize::from(*own))
            .and_then(|kinds| kinds.get_mut(kind))
        else {
            return;
        };
        for (cosine, _) in cosines
            .iter()
            .zip(theirs)
            .filter(|(_, their)| *their == own)
        {
            if let Some(count) = steps.get_mut(((cosine + 1.0) * FOLD_FINENESS) as usize) {
                *count += 1;
            }
        }
    }
}

impl Visit for Looker<'_> {
    fn genuine(&mut self, one: usize, others: Range<usize>, cosines: &[f32]) {
        self.genuine.add(cosines);
        self.farthest.offer(one, others.clone(), cosines);
        self.fold(one, others, cosines, 0);
    }

    fn impostors(&mut self, one: usize, others: Range<usize>, cosines: &[f32]) {
        self.impostors.add(cosines);
        self.closest.offer(one, others.clone(), cosines);
        self.fold(one, others, cosines, 1);
    }
}

/// Looks at every pair. `folds` asks for the counts within folds of people.
pub(crate) fn shape(
    subjects: &Subjects,
    folds: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Shape, EvalError> {
    let fold = if folds { deal(subjects) } else { Vec::new() };
    let count = if fold.is_empty() { 0 } else { FOLDS };
    let steps = 2 * FOLD_FINENESS as usize + 1;
    let make = || Looker {
        genuine: Distribution::default(),
        impostors: Distribution::default(),
        closest: Extremes::new(1.0),
        farthest: Extremes::new(-1.0),
        fold: &fold,
        folds: vec![[vec![0; steps], vec![0; steps]]; count],
    };
    let mut whole = make();
    for part in sweep(subjects, make, progress)? {
        whole.genuine.merge(&part.genuine);
        whole.impostors.merge(&part.impostors);
        whole.closest.pairs.extend(part.closest.pairs);
        whole.farthest.pairs.extend(part.farthest.pairs);
        for (to, from) in whole
            .folds
            .iter_mut()
            .flatten()
            .zip(part.folds.iter().flatten())
        {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }
    whole.closest.prune();
    whole.farthest.prune();
    Ok(Shape {
        genuine: whole.genuine,
        impostors: whole.impostors,
        closest: whole.closest.pairs,
        farthest: whole.farthest.pairs,
        folds: whole.folds,
    })
}

/// The fold of each row: people are dealt out, those with several pictures first, so that each fold has both kinds of pairs. The order
/// of names is mixed, since neighbours in it may be kin. Empty when there are not two people with several pictures for each fold.
fn deal(subjects: &Subjects) -> Vec<u8> {
    let sizes: Vec<u64> = subjects.sizes().collect();
    if sizes.iter().filter(|size| **size > 1).count() < 2 * FOLDS {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    // Knuth's multiplicative hash of the place.
    let mixed = |person: usize| (person as u32).wrapping_mul(2_654_435_761);
    order.sort_by_key(|person| {
        (
            sizes.get(*person).is_some_and(|size| *size == 1),
            mixed(*person),
        )
    });
    let mut of_person = vec![0_u8; sizes.len()];
    for (turn, person) in order.into_iter().enumerate() {
        if let Some(fold) = of_person.get_mut(person) {
            *fold = (turn % FOLDS) as u8;
        }
    }
    let of_row = |person: &usize| of_person.get(*person).copied().unwrap_or_default();
    subjects.person.iter().map(of_row).collect()
}
