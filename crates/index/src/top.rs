//! The best row of each of the best groups.

use crate::Hit;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// An f32 as a number that sorts like it (no NaN reaches this crate's scores).
fn ordered(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 {
        bits | 0x8000_0000
    } else {
        !bits
    }
}

/// The f32 that [`ordered`] made this number of.
fn value_of(ordered: u32) -> f32 {
    f32::from_bits(if ordered >> 31 == 1 {
        ordered & 0x7fff_ffff
    } else {
        !ordered
    })
}

/// Keeps the best hit per group for the `limit` best groups. Equal scores are settled by the smaller group, then by
/// the smaller key, so that an answer does not depend on the order in which rows were met.
pub(crate) struct BestGroups {
    limit: usize,
    min_cosine: f32,
    best: HashMap<u128, Hit>,
    /// The same groups by score, the worst first.
    order: BTreeSet<(u32, Reverse<u128>)>,
}

impl BestGroups {
    pub(crate) fn new(limit: usize, min_cosine: f32) -> Self {
        Self {
            limit,
            // Cosines are clamped to -1..=1: this floor lets all of them in, and still keeps removed rows out.
            min_cosine: min_cosine.max(-1.0),
            best: HashMap::new(),
            order: BTreeSet::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.best.len()
    }

    /// A row below this score changes nothing.
    pub(crate) fn floor(&self) -> f32 {
        if self.best.len() < self.limit {
            return self.min_cosine;
        }
        self.order
            .first()
            .map_or(self.min_cosine, |(worst, _)| value_of(*worst))
    }

    pub(crate) fn offer(&mut self, hit: Hit) {
        if self.limit == 0 || hit.cosine < self.min_cosine {
            return;
        }
        let rank = (ordered(hit.cosine), Reverse(hit.group));
        if let Some(known) = self.best.get_mut(&hit.group) {
            let better = (rank.0, Reverse(hit.key)) > (ordered(known.cosine), Reverse(known.key));
            if better {
                self.order
                    .remove(&(ordered(known.cosine), Reverse(known.group)));
                self.order.insert(rank);
                *known = hit;
            }
            return;
        }
        if self.best.len() >= self.limit {
            if self.order.first().is_some_and(|worst| *worst >= rank) {
                return;
            }
            if let Some((_, Reverse(group))) = self.order.pop_first() {
                self.best.remove(&group);
            }
        }
        self.order.insert(rank);
        self.best.insert(hit.group, hit);
    }

    /// Takes over what another part of the same search found.
    pub(crate) fn merge(&mut self, other: Self) {
        for hit in other.best.into_values() {
            self.offer(hit);
        }
    }

    /// The hits, best first.
    pub(crate) fn into_hits(self) -> Vec<Hit> {
        let best = self.best;
        self.order
            .into_iter()
            .rev()
            .filter_map(|(_, Reverse(group))| best.get(&group).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn same_as_sorting_everything(
            rows in prop::collection::vec((0_u128..20, -20_i8..=20), 0..200),
            limit in 0_usize..25,
            min in -20_i8..=20,
        ) {
            let min = f32::from(min) / 20.0;
            let hits: Vec<Hit> = rows
                .iter()
                .enumerate()
                .map(|(key, (group, score))| Hit {
                    key: key as u128,
                    group: *group,
                    cosine: f32::from(*score) / 20.0,
                })
                .collect();
            let mut best = BestGroups::new(limit, min);
            for hit in &hits {
                best.offer(*hit);
            }
            let mut sorted = hits;
            sorted.retain(|hit| hit.cosine >= min);
            sorted.sort_by(|a, b| {
                b.cosine.total_cmp(&a.cosine).then(a.group.cmp(&b.group)).then(a.key.cmp(&b.key))
            });
            let mut seen = std::collections::HashSet::new();
            sorted.retain(|hit| seen.insert(hit.group));
            sorted.truncate(limit);
            prop_assert_eq!(best.into_hits(), sorted);
        }
    }

    #[test]
    fn order_of_f32_is_kept() {
        let values = [-1.0_f32, -0.5, -1e-9, 0.0, 1e-9, 0.5, 1.0];
        assert!(values.iter().all(|x| value_of(ordered(*x)) == *x));
        assert!(
            values
                .windows(2)
                .all(|pair| ordered(pair[0]) < ordered(pair[1]))
        );
    }
}
