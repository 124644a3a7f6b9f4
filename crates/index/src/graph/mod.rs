//! A graph over the rows of an index that leads to near neighbours: HNSW (Malkov and Yashunin, 2016) in flat arrays.
//!
//! Ours, because `hnsw_rs` takes hours to link a million rows, keeps 3.7 kB for each, and is slower than the exact scan at
//! sizes where this graph is ten times faster (`docs/BENCHMARKS.md`). What it keeps and does:
//!
//! * Vectors are int8 in one scale for all rows, in blocks that are written once: searches take no lock.
//! * It does not forget: a point remembers the stamp of the row it was linked for, and a candidate whose row has another
//!   stamp by now is dropped. Its vector is overwritten at the next chores; the rebuild at 20 % dead points is `build`'s.
//! * It only proposes rows; scores come from the rows themselves.
//! * Dropping the worse links of a full list can cut a point off: every linked point is searched for, linked harder when
//!   missed, and kept in a list for the scan when missed again.

pub(crate) mod build;
mod link;
mod lists;
pub(crate) mod options;
mod points;
pub(crate) mod recall;
pub(crate) mod search;
#[cfg(test)]
mod tests;
mod turns;
mod walk;

use crate::kernels::{Kernel, Line};
use crate::rows::Slot;
use options::GraphOptions;
use parking_lot::{Mutex, MutexGuard, RwLock};
use points::{BLOCK, Block, Id, Points};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use walk::Walk;

/// Candidates in view when a fresh point is searched for.
const PROBE_EF: usize = 48;
/// Locks that the lists share: far more than threads, so that two seldom meet.
const TURNS: usize = 1024;

/// The row that a point was linked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) slot: Slot,
    pub(crate) stamp: u64,
}

/// A candidate of a search.
pub(crate) struct Candidate {
    pub(crate) member: Member,
    /// Cosine as the graph sees it, within some 0.01.
    pub(crate) rough: f32,
}

/// A graph that knows every row with a stamp below [`Graph::linked`].
pub(crate) struct Graph {
    options: GraphOptions,
    kernel: Kernel,
    /// Steps in 1.0 of the plane that points are stored in.
    steps: f32,
    blocks: RwLock<Arc<Vec<Arc<Block>>>>,
    /// Held by who makes a new list of blocks.
    changing: Mutex<()>,
    /// Where walks start: a point of the highest layer.
    entry: Mutex<Option<Id>>,
    turns: Box<[Mutex<()>]>,
    walks: Mutex<Vec<Walk>>,
    points: AtomicUsize,
    unreachable: RwLock<Vec<Member>>,
    linked: AtomicU64,
    relinked: AtomicU64,
    ef: AtomicUsize,
    given_up: AtomicBool,
}

impl Graph {
    /// An empty graph for rows whose components stay, nearly all, within `peak`.
    pub(crate) fn new(options: &GraphOptions, peak: f32) -> Self {
        Self {
            options: options.clone(),
            kernel: Kernel::detect(),
            steps: 127.0 / peak.clamp(1e-3, 1.0),
            blocks: RwLock::new(Arc::new(Vec::new())),
            changing: Mutex::new(()),
            entry: Mutex::new(None),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            walks: Mutex::new(Vec::new()),
            points: AtomicUsize::new(0),
            unreachable: RwLock::new(Vec::new()),
            linked: AtomicU64::new(0),
            relinked: AtomicU64::new(0),
            ef: AtomicUsize::new(options.ef.unwrap_or(PROBE_EF)),
            given_up: AtomicBool::new(false),
        }
    }

    /// Components as this graph stores them.
    pub(crate) fn plane(&self, components: impl Iterator<Item = f32>) -> Vec<Line> {
        crate::quantise::single_plane(components, self.steps)
    }

    /// Rows with a stamp below this one are in the graph, or in [`Graph::unreachable`].
    pub(crate) fn linked(&self) -> u64 {
        self.linked.load(Ordering::Acquire)
    }

    pub(crate) fn set_linked(&self, stamp: u64) {
        self.linked.store(stamp, Ordering::Release);
    }

    /// Points, those of removed rows among them.
    pub(crate) fn points(&self) -> usize {
        self.points.load(Ordering::Acquire)
    }

    /// Bytes of vectors and links.
    pub(crate) fn bytes(&self) -> usize {
        self.view().blocks.iter().map(|block| block.bytes()).sum()
    }

    pub(crate) fn unreachable(&self) -> Vec<Member> {
        self.unreachable.read().clone()
    }

    pub(crate) fn unreachable_count(&self) -> usize {
        self.unreachable.read().len()
    }

    pub(crate) fn relinked(&self) -> u64 {
        self.relinked.load(Ordering::Relaxed)
    }

    pub(crate) fn ef(&self) -> usize {
        self.ef.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ef(&self, ef: usize) {
        self.ef.store(ef, Ordering::Relaxed);
    }

    /// Whether the graph must not be used.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Takes the graph out of use; the next build replaces it.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    fn view(&self) -> Points {
        Points {
            blocks: Arc::clone(&self.blocks.read()),
            kernel: self.kernel,
        }
    }

    /// Adds points without links, at most [`BLOCK`] of them.
    fn add(&self, points: Vec<(Member, Vec<Line>)>) -> Range<Id> {
        let _changing = self.changing.lock();
        let view = self.view();
        let number = view.blocks.len();
        let random = &mut points::levels_of(number);
        let block = Block::new(&self.options, points, random);
        let (start, count) = ((number * BLOCK) as Id, block.len());
        let mut longer = Vec::with_capacity(number + 1);
        longer.extend(view.blocks.iter().cloned());
        longer.push(Arc::new(block));
        *self.blocks.write() = Arc::new(longer);
        self.points.fetch_add(count, Ordering::AcqRel);
        start..start + count as Id
    }

    /// Overwrites the vectors of `dead` points: a removed template does not stay in memory.
    pub(crate) fn wipe(&self, dead: impl Fn(Member) -> bool) {
        let _changing = self.changing.lock();
        let blocks = self.view().blocks;
        let mut changed = false;
        let wiped = blocks.iter().map(|block| match block.wiped(&dead) {
            Some(block) => {
                changed = true;
                Arc::new(block)
            }
            None => Arc::clone(block),
        });
        let wiped: Vec<Arc<Block>> = wiped.collect();
        if changed {
            *self.blocks.write() = Arc::new(wiped);
        }
    }

    /// Where a walk starts; makes `id` that place, and answers `None`, when there is none yet.
    fn entry_or(&self, id: Id) -> Option<Id> {
        let mut entry = self.entry.lock();
        if entry.is_none() {
            *entry = Some(id);
            return None;
        }
        *entry
    }

    fn entry(&self) -> Option<Id> {
        *self.entry.lock()
    }

    /// Makes `id` the place where walks start if it is on a higher layer than the one so far.
    fn raise_entry(&self, points: &Points, id: Id, level: usize) {
        let mut entry = self.entry.lock();
        if entry.is_none_or(|entry| level > points.level(entry)) {
            *entry = Some(id);
        }
    }

    /// The right to write the links of a point.
    fn turn(&self, id: Id) -> MutexGuard<'_, ()> {
        self.turns[id as usize % TURNS].lock()
    }

    /// Runs `work` with a walk's memory, a used one if there is one.
    fn with_walk<T>(&self, work: impl FnOnce(&mut Walk) -> T) -> T {
        let mut walk = self.walks.lock().pop().unwrap_or_default();
        let result = work(&mut walk);
        self.walks.lock().push(walk);
        result
    }

    /// Up to `ef` rows near a plane, nearest first. Removed ones come too.
    pub(crate) fn nearest(&self, plane: &[Line], ef: usize) -> Vec<Candidate> {
        // In this order: the view has every point that an entry can be by now.
        let entry = self.entry();
        let points = self.view();
        let near = self.with_walk(|walk| walk.search(&points, plane, entry, ef));
        let candidates = near.iter().filter_map(|near| {
            Some(Candidate {
                member: points.member(near.id)?,
                rough: near.similarity as f32 / (self.steps * self.steps),
            })
        });
        candidates.collect()
    }

    /// Whether a search for a point's own vector meets it.
    fn reaches(&self, points: &Points, walk: &mut Walk, id: Id) -> bool {
        let plane = points.plane(id);
        let near = walk.search(points, plane, self.entry(), PROBE_EF);
        let own = points.similarity(plane, id).unwrap_or(i32::MAX);
        // Among more copies of one vector than fit the view, each is as good as the other.
        let crowded = near.len() >= PROBE_EF && near.iter().all(|near| near.similarity >= own);
        crowded || near.iter().any(|near| near.id == id)
    }

    /// Searches for a linked point; links it harder when it is missed, and leaves it to the scan when that does not help.
    fn ensure_reachable(&self, points: &Points, walk: &mut Walk, id: Id) {
        if self.reaches(points, walk, id) {
            return;
        }
        self.relinked.fetch_add(1, Ordering::Relaxed);
        self.link_harder(points, walk, id);
        if !self.reaches(points, walk, id)
            && let Some(member) = points.member(id)
        {
            self.unreachable.write().push(member);
        }
    }
}
