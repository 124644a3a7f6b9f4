//! Collections: how large, how much asked for, and which node holds them.

use rand::{RngExt as _, rngs::StdRng};

/// All collections, the most asked for first.
#[derive(Debug, Clone)]
pub(super) struct Collections {
    /// Faces of each.
    pub(super) faces: Vec<f64>,
    /// The part of requests for this one and those before it.
    asked: Vec<f64>,
    /// Which place in the range of hashes each has, 0 to 1.
    hashes: Vec<u64>,
}

impl Collections {
    /// So many, which share `faces`. Requests go to the nth in proportion to `n^-skew` (Zipf), and so do faces with `size_skew`.
    pub(super) fn new(count: usize, faces: f64, skew: f64, size_skew: f64, seed: u64) -> Self {
        let weights = |skew: f64| -> Vec<f64> {
            let weights: Vec<f64> = (1..=count).map(|n| (n as f64).powf(-skew)).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / sum).collect()
        };
        let mut sum = 0.0;
        let asked = weights(skew)
            .iter()
            .map(|part| {
                sum += part;
                sum
            })
            .collect();
        Self {
            faces: weights(size_skew).iter().map(|part| part * faces).collect(),
            asked,
            hashes: (0..count as u64)
                .map(|id| mixed(id ^ mixed(seed)))
                .collect(),
        }
    }

    /// The collection of one request.
    pub(super) fn drawn(&self, random: &mut StdRng) -> usize {
        let at: f64 = random.random();
        let last = self.asked.len().saturating_sub(1);
        self.asked.partition_point(|upto| *upto <= at).min(last)
    }

    /// The part of requests that are for this collection.
    pub(super) fn share(&self, collection: usize) -> f64 {
        let upto = |at: usize| self.asked.get(at).copied().unwrap_or_default();
        upto(collection) - collection.checked_sub(1).map_or(0.0, upto)
    }

    /// Which of `nodes` holds each: equal ranges of hashes, one a node; a range whose node is `lost` goes, collection by collection, to the
    /// node of the others with the highest hash of both (rendezvous).
    pub(super) fn holders(&self, nodes: usize, lost: Option<usize>) -> Vec<usize> {
        let holder = |hash: u64| {
            let range = ((u128::from(hash) * nodes as u128) >> 64) as usize;
            if Some(range) != lost {
                return range;
            }
            let living = (0..nodes).filter(|node| Some(*node) != lost);
            living
                .max_by_key(|node| mixed(hash ^ mixed(*node as u64 + 1)))
                .unwrap_or(range)
        };
        self.hashes.iter().map(|hash| holder(*hash)).collect()
    }

    /// Faces on each node.
    pub(super) fn faces_by_node(&self, holders: &[usize], nodes: usize) -> Vec<f64> {
        let mut sums = vec![0.0; nodes];
        for (holder, faces) in holders.iter().zip(&self.faces) {
            if let Some(sum) = sums.get_mut(*holder) {
                *sum += faces;
            }
        }
        sums
    }
}

/// SplitMix64's last steps: neighbours come out unlike each other.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn faces_are_all_there_whoever_is_lost() {
        let collections = Collections::new(1000, 1e6, 1.0, 0.5, 3);
        for (nodes, lost) in [(1, None), (8, None), (8, Some(3))] {
            let holders = collections.holders(nodes, lost);
            let by_node = collections.faces_by_node(&holders, nodes);
            assert!((by_node.iter().sum::<f64>() - 1e6).abs() < 1.0);
            if let Some(lost) = lost {
                assert!(!holders.contains(&lost));
            }
        }
    }

    #[test]
    fn what_is_lost_is_shared_and_nothing_else_moves() {
        let collections = Collections::new(10_000, 1e6, 1.0, 0.0, 3);
        let (before, after) = (
            collections.holders(8, None),
            collections.holders(8, Some(3)),
        );
        let mut taken = [0_usize; 8];
        for (was, is) in before.iter().zip(&after) {
            if *was == 3 {
                taken[*is] += 1;
            } else {
                assert_eq!(was, is);
            }
        }
        let (least, most) = (before.len() / 8 / 7 / 2, before.len() / 8 / 7 * 2);
        for (node, taken) in taken.iter().enumerate().filter(|(node, _)| *node != 3) {
            assert!((least..most).contains(taken), "{node}: {taken}");
        }
    }

    #[test]
    fn requests_are_as_zipf_says() {
        let collections = Collections::new(100, 1.0, 1.0, 0.0, 3);
        let mut random = StdRng::seed_from_u64(5);
        let mut counts = [0.0; 100];
        const DRAWS: f64 = 200_000.0;
        for _ in 0..DRAWS as usize {
            counts[collections.drawn(&mut random)] += 1.0 / DRAWS;
        }
        let harmonic: f64 = (1..=100).map(|n| 1.0 / f64::from(n)).sum();
        for (at, wanted) in [(0, 1.0), (1, 0.5), (9, 0.1)] {
            assert!((counts[at] * harmonic / wanted - 1.0_f64).abs() < 0.05);
            assert!((collections.share(at) * harmonic - wanted).abs() < 1e-9);
        }
    }
}
