//! Walks over the links of one layer: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
//! Hierarchical Navigable Small World graphs" (2016), algorithms 2 and 5.

use super::points::{Id, Points};
use crate::kernels::Line;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A point and its similarity to what is looked for. Sorts by similarity first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Near {
    pub(super) similarity: i32,
    pub(super) id: Id,
}

/// What a walk needs to remember; made once and used again, since clearing it is cheaper than making it.
#[derive(Default)]
pub(super) struct Walk {
    /// A bit per point met.
    met: Vec<u64>,
    next: BinaryHeap<Near>,
    best: BinaryHeap<Reverse<Near>>,
    links: Vec<Id>,
}

impl Walk {
    /// True the first time.
    fn meet(&mut self, id: Id) -> bool {
        let (word, bit) = (id as usize / 64, 1_u64 << (id % 64));
        match self.met.get_mut(word) {
            Some(word) => {
                let first = *word & bit == 0;
                *word |= bit;
                first
            }
            None => false, // younger than this walk's view
        }
    }

    /// Up to `ef` points of the ground layer near a plane, nearest first; none without an `entry`.
    pub(super) fn search(
        &mut self,
        points: &Points,
        plane: &[Line],
        entry: Option<Id>,
        ef: usize,
    ) -> Vec<Near> {
        entry
            .and_then(|entry| self.approach(points, plane, entry, 0))
            .map(|start| self.explore(points, plane, &[start], 0, ef))
            .unwrap_or_default()
    }

    /// The point where a walk on `layer` should start, found on the layers above it from `entry` down.
    pub(super) fn approach(
        &mut self,
        points: &Points,
        plane: &[Line],
        entry: Id,
        layer: usize,
    ) -> Option<Near> {
        let mut start = Near {
            similarity: points.similarity(plane, entry)?,
            id: entry,
        };
        for layer in (layer + 1..=points.level(entry)).rev() {
            start = self.descend(points, plane, start, layer);
        }
        Some(start)
    }

    /// Follows the best link from `start` until none is better: `start` itself when it is already the best.
    fn descend(&mut self, points: &Points, plane: &[Line], start: Near, layer: usize) -> Near {
        let mut best = start;
        loop {
            let at = best;
            let Some(links) = points.links(at.id, layer) else {
                return best;
            };
            links.read(&mut self.links);
            for id in &self.links {
                if let Some(similarity) = points.similarity(plane, *id) {
                    best = best.max(Near {
                        similarity,
                        id: *id,
                    });
                }
            }
            // Equal similarities are settled by number, so each step goes up and the walk ends.
            if best == at {
                return best;
            }
        }
    }

    /// The up to `ef` nearest points that a walk from `starts` with as many candidates in view meets, nearest first.
    pub(super) fn explore(
        &mut self,
        points: &Points,
        plane: &[Line],
        starts: &[Near],
        layer: usize,
        ef: usize,
    ) -> Vec<Near> {
        self.met.clear();
        self.met.resize(points.end().div_ceil(64), 0);
        self.next.clear();
        self.best.clear();
        for start in starts {
            if self.meet(start.id) {
                self.keep(*start, ef);
            }
        }
        let mut links = std::mem::take(&mut self.links);
        while let Some(at) = self.next.pop() {
            if self.best.len() >= ef && self.best.peek().is_some_and(|worst| at < worst.0) {
                break;
            }
            let Some(list) = points.links(at.id, layer) else {
                continue;
            };
            list.read(&mut links);
            links.retain(|id| self.meet(*id));
            // Each vector is a few cache lines somewhere in memory: have the next ones on the way.
            links.iter().take(AHEAD).for_each(|id| points.prefetch(*id));
            for (n, id) in links.iter().enumerate() {
                if let Some(later) = links.get(n + AHEAD) {
                    points.prefetch(*later);
                }
                if let Some(similarity) = points.similarity(plane, *id) {
                    self.keep(
                        Near {
                            similarity,
                            id: *id,
                        },
                        ef,
                    );
                }
            }
        }
        self.links = links;
        let mut best: Vec<Near> = self.best.drain().map(|near| near.0).collect();
        best.sort_unstable_by_key(|near| Reverse(*near));
        best
    }

    fn keep(&mut self, near: Near, ef: usize) {
        if self.best.len() >= ef {
            if self.best.peek().is_none_or(|worst| near <= worst.0) {
                return;
            }
            self.best.pop();
        }
        self.best.push(Reverse(near));
        self.next.push(near);
    }
}

/// Vectors asked for before they are needed.
const AHEAD: usize = 3;
