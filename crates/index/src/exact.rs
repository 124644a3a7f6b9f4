//! The exhaustive search: every row, by its error bound, in memory order.

use crate::quantise::Probe;
use crate::rows::{Cell, Floor, RowStore};
use crate::stats::Stats;
use crate::top::BestGroups;
use crate::{Hit, IndexError, Options, Search, VectorIndex, check};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this many rows a second thread costs more than it brings.
const PARALLEL_ROWS: usize = 50_000;

/// Rows that are always searched exhaustively; see the crate's documentation for what that promises.
pub struct ExactIndex {
    pub(crate) rows: RowStore,
    scan_threads: usize,
}

impl ExactIndex {
    /// An empty index; an error when an option is out of its range.
    pub fn new(options: &Options) -> Result<Self, IndexError> {
        check(options)?;
        Ok(Self {
            rows: RowStore::new(options.dimension),
            scan_threads: options.scan_threads.max(1),
        })
    }

    /// Scans all rows once per four probes.
    pub(crate) fn scan(&self, probes: &[Probe], search: Search) -> Vec<Vec<Hit>> {
        let mut answers = Vec::with_capacity(probes.len());
        for tile in probes.chunks(4) {
            match tile {
                [a, b, c, d] => answers.extend(self.pass([a, b, c, d], search)),
                [a, b, c] => answers.extend(self.pass([a, b, c], search)),
                [a, b] => answers.extend(self.pass([a, b], search)),
                rest => rest
                    .iter()
                    .for_each(|a| answers.extend(self.pass([a], search))),
            }
        }
        answers
    }

    /// One pass over all rows.
    fn pass<const N: usize>(&self, probes: [&Probe; N], search: Search) -> [Vec<Hit>; N] {
        let chunks = self.rows.chunks();
        let new = || std::array::from_fn(|_| BestGroups::new(search.limit, search.min_cosine));
        if search.limit == 0 {
            return new().map(BestGroups::into_hits);
        }
        let best = if self.scan_threads == 1 || self.rows.len() < PARALLEL_ROWS {
            let mut best: [BestGroups; N] = new();
            self.rows.scan(&chunks, probes, 0, None, &mut best);
            best
        } else {
            self.parallel_pass(&chunks, probes, new)
        };
        best.map(BestGroups::into_hits)
    }

    /// Threads take chunk after chunk, and tell each other below which score nothing counts any more.
    fn parallel_pass<const N: usize>(
        &self,
        chunks: &[Arc<Cell>],
        probes: [&Probe; N],
        new: impl Fn() -> [BestGroups; N] + Sync + Send,
    ) -> [BestGroups; N] {
        let floors: [Floor; N] = std::array::from_fn(|_| Floor::new());
        let next = AtomicUsize::new(0);
        (0..self.scan_threads)
            .into_par_iter()
            .map(|_| {
                let mut best = new();
                while let Some(cell) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let cell = std::slice::from_ref(cell);
                    self.rows.scan(cell, probes, 0, Some(&floors), &mut best);
                }
                best
            })
            .reduce(&new, |mut a, b| {
                for (a, b) in a.iter_mut().zip(b) {
                    a.merge(b);
                }
                a
            })
    }

    pub(crate) fn probes(&self, probes: &[&[f32]]) -> Result<Vec<Probe>, IndexError> {
        probes.iter().map(|probe| self.rows.probe(probe)).collect()
    }
}

impl VectorIndex for ExactIndex {
    fn insert(&self, key: u128, group: u128, vector: &[f32]) -> Result<(), IndexError> {
        self.rows.insert(key, group, vector)
    }

    fn remove(&self, key: u128) -> bool {
        self.rows.remove(key)
    }

    fn remove_group(&self, group: u128) -> usize {
        self.rows.remove_group(group)
    }

    fn search(&self, probe: &[f32], search: Search) -> Result<Vec<Hit>, IndexError> {
        let probe = self.rows.probe(probe)?;
        let [hits] = self.pass([&probe], search);
        Ok(hits)
    }

    fn search_many(&self, probes: &[&[f32]], search: Search) -> Result<Vec<Vec<Hit>>, IndexError> {
        Ok(self.scan(&self.probes(probes)?, search))
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn stats(&self) -> Stats {
        Stats {
            rows: self.rows.len(),
            groups: self.rows.group_count(),
            holes: self.rows.hole_count(),
            row_bytes: self.rows.bytes(),
            ..Stats::default()
        }
    }

    fn maintain(&self) {
        if self.rows.wants_compaction() {
            self.rows.compact();
        }
    }
}
