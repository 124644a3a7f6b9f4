//! A walk over every pair, on all cores.

use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::Subjects;
use crate::EvalError;

/// Rows that one thread takes at a time.
const BLOCK: usize = 64;
/// Rows that they are compared with in one go: half a megabyte of templates, which stays in the cache for the whole block.
const TILE: usize = 512;

/// Told of cosines of row `one` with rows `others`, which come after it.
pub(super) trait Visit: Send {
    /// Rows of the same person.
    fn genuine(&mut self, one: usize, others: Range<usize>, cosines: &[f32]);
    /// Rows of other people.
    fn impostors(&mut self, one: usize, others: Range<usize>, cosines: &[f32]);
}

/// Shows each pair to one visitor of several, one per thread, which `make` makes. `progress` is told numbers of pairs.
pub(super) fn sweep<V: Visit>(
    subjects: &Subjects,
    make: impl Fn() -> V + Sync,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<V>, EvalError> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut visitor = make();
        let mut cosines = Vec::with_capacity(TILE);
        loop {
            let start = next.fetch_add(BLOCK, Ordering::Relaxed);
            if start >= subjects.rows.len() {
                return visitor;
            }
            progress(block(subjects, start, &mut visitor, &mut cosines));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let done = workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| EvalError::Task));
        done.collect()
    })
}

/// The rows from `start` on with all that come after each; answers how many pairs that were.
fn block(
    subjects: &Subjects,
    start: usize,
    visitor: &mut impl Visit,
    cosines: &mut Vec<f32>,
) -> u64 {
    let rows = subjects.rows.len();
    let end = (start + BLOCK).min(rows);
    let mut pairs = 0;
    for tile in (start..rows).step_by(TILE) {
        let tile = tile..(tile + TILE).min(rows);
        for one in start..end {
            let others = tile.start.max(one + 1)..tile.end;
            if others.is_empty() {
                continue;
            }
            subjects.rows.cosines(one, others.clone(), cosines);
            // The same person's rows come first.
            let border = subjects.end_of_person(one).clamp(others.start, others.end);
            let (same, other) = cosines.split_at((border - others.start).min(cosines.len()));
            if !same.is_empty() {
                visitor.genuine(one, others.start..border, same);
            }
            if !other.is_empty() {
                visitor.impostors(one, border..others.end, other);
            }
            pairs += others.len() as u64;
        }
    }
    pairs
}
