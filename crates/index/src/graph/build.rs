//! The background work of an adaptive index: building its graph, linking fresh rows, replacing a worn graph.

use super::options::GraphOptions;
use super::points::Id;
use super::recall::Sample;
use super::walk::Walk;
use super::{Graph, Member, turns};
use crate::Options;
use crate::exact::ExactIndex;
use crate::kernels::Line;
use crate::rows::chunk::CHUNK_ROWS;
use crate::rows::{Chunks, RowStore, Slot};
use crate::sketch_scan::SketchScan;
use crate::stats::Recall;
use parking_lot::{Mutex, RwLock};
use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Fresh rows that make a round of linking worth its while; fewer are scanned by each fast search.
pub(crate) const LINK_BATCH: u64 = 512;
/// One in so many points dead makes a graph worn.
const DEAD_SHARE: usize = 5;
/// Probes for calibration, and for a check of a graph in use.
const CALIBRATION_PROBES: usize = 256;
pub(crate) const CHECK_PROBES: usize = 64;
/// A graph in use that falls below this recall is replaced.
const LOWEST_RECALL: f32 = 0.9;

/// Changes of that many rows do not move a recall: a sample costs dozens of exact searches.
pub(crate) fn few_changes(rows: usize) -> u64 {
    rows as u64 / 20 + 1
}

/// Whether more rows than searches should scan one by one are unreachable.
fn has_gaps(graph: &Graph) -> bool {
    graph.unreachable_count() > graph.points() / 100
}

/// The index went away: the work ends early.
struct Stopped;

/// Points that one thread links before others join in: a beginning that all threads see.
const ALONE: usize = 1024;

/// A piece of background work.
enum Work {
    Link(Arc<Graph>),
    Replace,
    LetGo,
}

/// An adaptive index without its handle: what searches and the background thread share.
pub(crate) struct Shared {
    pub(crate) exact: ExactIndex,
    pub(crate) options: GraphOptions,
    target_recall: f32,
    graph: RwLock<Option<Arc<Graph>>>,
    working: AtomicBool,
    stop: AtomicBool,
    /// No graph yet: the index is being filled.
    waiting: AtomicBool,
    /// No new graph before this stamp: the last one was unfit for the rows of then.
    hold_until: AtomicU64,
    pub(crate) builds: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    /// The stamp of the last recall measurement of a graph in use.
    checked: AtomicU64,
    pub(crate) recall: Mutex<Option<Recall>>,
    pub(crate) sketches: SketchScan,
}

impl Shared {
    pub(crate) fn new(exact: ExactIndex, options: &Options) -> Self {
        Self {
            exact,
            waiting: AtomicBool::new(options.graph.wait),
            options: options.graph.clone(),
            target_recall: options.target_recall,
            sketches: SketchScan::new(options),
            graph: RwLock::new(None),
            working: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            hold_until: AtomicU64::new(0),
            builds: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
            checked: AtomicU64::new(0),
            recall: Mutex::new(None),
        }
    }

    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        self.graph.read().clone()
    }

    /// Puts a graph, or none, in use. Freeing a large graph takes seconds: not under the lock, and not in the last search
    /// that still holds it.
    fn set_graph(&self, graph: Option<Arc<Graph>>) {
        let old = std::mem::replace(&mut *self.graph.write(), graph);
        while old.as_ref().is_some_and(|old| Arc::strong_count(old) > 1) && !self.stopped() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn is_working(&self) -> bool {
        self.working.load(Ordering::Acquire)
    }

    /// Whether the rows are enough for a graph, but the last one was unfit for them.
    pub(crate) fn is_held(&self) -> bool {
        self.exact.rows.next_stamp() < self.hold_until.load(Ordering::Acquire)
    }

    /// Makes the background thread end soon.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Rows that the graph does not know, at most.
    pub(crate) fn pending(&self, graph: &Graph) -> u64 {
        self.exact.rows.next_stamp().saturating_sub(graph.linked())
    }

    /// Points whose row is gone, within the pending ones.
    pub(crate) fn dead(&self, graph: &Graph) -> usize {
        let pending = usize::try_from(self.pending(graph)).unwrap_or(usize::MAX);
        let known = graph.points().saturating_add(pending);
        known
            .saturating_sub(self.exact.rows.len())
            .min(graph.points())
    }

    fn is_worn(&self, graph: &Graph) -> bool {
        let points = graph.points();
        graph.is_given_up() || self.dead(graph) > points / DEAD_SHARE || has_gaps(graph)
    }

    fn wants_graph(&self) -> bool {
        self.exact.rows.len() >= self.options.threshold && !self.is_held()
    }

    /// The index is filled: it may build its graph.
    pub(crate) fn end_wait(&self) {
        self.waiting.store(false, Ordering::Release);
    }

    fn wants_work(&self) -> bool {
        if self.stopped() || self.waiting.load(Ordering::Acquire) {
            return false;
        }
        match self.graph() {
            None => self.wants_graph(),
            // Fewer rows than half the threshold: the graph is let go.
            Some(graph) => {
                self.exact.rows.len() < self.options.threshold / 2
                    || self.is_worn(&graph) && !self.is_held()
                    || self.pending(&graph) >= LINK_BATCH
            }
        }
    }

    /// Starts the background thread when there is work for it and it is not running.
    pub(crate) fn wake(self: &Arc<Self>) {
        if !self.wants_work() || self.working.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name("index-graph".into());
        if let Err(error) = thread.spawn(move || shared.work()) {
            self.working.store(false, Ordering::Release);
            tracing::warn!(%error, "no thread for the search graph: searches stay exact");
        }
    }

    fn work(&self) {
        /// Lets the next thread in even if this one panics.
        struct Working<'a>(&'a AtomicBool);
        impl Drop for Working<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        loop {
            {
                let _working = Working(&self.working);
                while self.wants_work() && self.step().is_ok() {}
            }
            // A write may have asked for work between the last look and the flag.
            if !self.wants_work() || self.working.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    /// What to do next. Holds no graph but the one to link to: [`Shared::set_graph`] waits for the other holders.
    fn next(&self) -> Work {
        let rows = self.exact.rows.len();
        match self.graph() {
            Some(graph) if rows >= self.options.threshold / 2 => {
                if !self.is_worn(&graph) || self.is_held() && !graph.is_given_up() {
                    Work::Link(graph)
                } else if self.wants_graph() {
                    Work::Replace
                } else {
                    Work::LetGo
                }
            }
            None if self.wants_graph() => Work::Replace,
            _ => Work::LetGo,
        }
    }

    /// One piece of work.
    fn step(&self) -> Result<(), Stopped> {
        match self.next() {
            Work::Replace => self.replace_graph(),
            Work::LetGo => {
                self.set_graph(None);
                Ok(())
            }
            Work::Link(graph) => self.link_fresh(&graph, None),
        }
    }

    /// Builds a new graph and puts it in use if it is fit.
    fn replace_graph(&self) -> Result<(), Stopped> {
        let _turn = turns::wait(|| self.stopped()).ok_or(Stopped)?;
        let threads = turns::threads();
        tracing::info!(
            rows = self.exact.rows.len(),
            threads,
            "building the search graph"
        );
        let (graph, recall) = self.built(threads)?;
        let fit =
            !has_gaps(&graph) && (recall.at_1 >= self.target_recall || self.options.ef.is_some());
        tracing::info!(
            points = graph.points(),
            ef = graph.ef(),
            recall_at_1 = recall.at_1,
            fit,
            "search graph built"
        );
        *self.recall.lock() = Some(recall);
        self.builds.fetch_add(1, Ordering::Relaxed);
        if !fit {
            self.hold();
        }
        self.set_graph(fit.then(|| Arc::new(graph)));
        Ok(())
    }

    /// Waits with the next graph until a quarter of the rows has changed.
    fn hold(&self) {
        let changes = (self.exact.rows.len() as u64 / 4).max(LINK_BATCH);
        let until = self.exact.rows.next_stamp() + changes;
        self.hold_until.store(until, Ordering::Release);
    }

    fn built(&self, threads: usize) -> Result<(Graph, Recall), Stopped> {
        let graph = Graph::new(&self.options, self.peak());
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|n| format!("index-graph-{n}"))
            .build()
            .inspect_err(|error| tracing::warn!(%error, "one thread builds the search graph"))
            .ok();
        loop {
            self.link_fresh(&graph, pool.as_ref())?;
            if self.pending(&graph) < LINK_BATCH {
                break;
            }
        }
        let sample = Sample::new(&self.exact, CALIBRATION_PROBES, graph.linked());
        let target = self.target_recall;
        let recall = sample.calibrate(&self.exact, &graph, self.options.ef, target);
        Ok((graph, recall))
    }

    /// A bound of nearly all components: the peak that 1 in 20 rows passes, of a sample. The few components beyond
    /// it are clamped, which is cheaper than a coarser step for all.
    fn peak(&self) -> f32 {
        let chunks = self.exact.rows.chunks();
        let every = chunks.len().div_ceil(16).max(1);
        let mut peaks: Vec<f32> = chunks
            .iter()
            .step_by(every)
            .flat_map(|cell| {
                let chunk = cell.chunk.read();
                let offsets = chunk.written_since(0).step_by(7);
                offsets
                    .map(|(offset, _)| chunk.peak(offset))
                    .collect::<Vec<_>>()
            })
            .collect();
        peaks.sort_unstable_by(f32::total_cmp);
        peaks.get(peaks.len() * 19 / 20).copied().unwrap_or(1.0)
    }

    /// Links the rows that were written since the graph's last round.
    fn link_fresh(&self, graph: &Graph, pool: Option<&ThreadPool>) -> Result<(), Stopped> {
        let from = graph.linked();
        let to = self.exact.rows.settled_stamp();
        let chunks = self.exact.rows.chunks();
        for (number, cell) in chunks.iter().enumerate() {
            if !cell.has_since(from) {
                continue;
            }
            let points = fresh_points(&chunks, number, from..to, graph);
            if points.is_empty() {
                continue;
            }
            let mut ids = graph.add(points);
            let view = graph.view();
            if graph.points() <= CHUNK_ROWS {
                let first = ids.clone().take(ALONE);
                self.each(None, graph, first, |walk, id| graph.link(&view, walk, id))?;
                ids.start += (ALONE as u32).min(ids.end - ids.start);
            }
            let all = ids.clone();
            self.each(pool, graph, ids, |walk, id| graph.link(&view, walk, id))?;
            // After the whole chunk: later points are what may cut a point off.
            self.each(pool, graph, all, |walk, id| {
                graph.ensure_reachable(&view, walk, id);
            })?;
        }
        graph.set_linked(to);
        Ok(())
    }

    /// Runs `step` for some points, on the threads of the pool if there is one.
    fn each(
        &self,
        pool: Option<&ThreadPool>,
        graph: &Graph,
        ids: impl Iterator<Item = Id>,
        step: impl Fn(&mut Walk, Id) + Sync,
    ) -> Result<(), Stopped> {
        let one = |id| {
            if self.stopped() {
                return Err(Stopped);
            }
            graph.with_walk(|walk| step(walk, id));
            Ok(())
        };
        match pool {
            Some(pool) => {
                let ids: Vec<Id> = ids.collect();
                pool.install(|| ids.into_par_iter().try_for_each(one))
            }
            None => ids.into_iter().try_for_each(one),
        }
    }

    /// Measures the way in use once many rows have changed since the last time, and takes a graph out of use that has become
    /// bad.
    pub(crate) fn check_recall(&self) {
        let graph = self.graph().filter(|graph| !graph.is_given_up());
        let Some(graph) = graph else {
            return self.sketches.measure(&self.exact);
        };
        let stamp = self.exact.rows.next_stamp();
        let changes = stamp.saturating_sub(self.checked.load(Ordering::Acquire));
        if changes < few_changes(self.exact.rows.len()) {
            return;
        }
        self.checked.store(stamp, Ordering::Release);
        let sample = Sample::new(&self.exact, CHECK_PROBES, stamp);
        let recall = sample.recall(&self.exact, &graph, graph.ef());
        *self.recall.lock() = Some(recall);
        if recall.at_1 < LOWEST_RECALL.min(self.target_recall) {
            tracing::warn!(
                recall_at_1 = recall.at_1,
                "the search graph misses too much: it is built anew"
            );
            graph.give_up();
        }
    }

    /// Overwrites the graph's copies of rows that were removed or replaced.
    pub(crate) fn wipe_dead(&self) {
        let Some(graph) = self.graph() else { return };
        if self.dead(&graph) == 0 {
            return;
        }
        let chunks = self.exact.rows.chunks();
        graph.wipe(|member| RowStore::row(&chunks, member.slot, member.stamp, |_, _| ()).is_none());
    }

    /// Writes the rows anew when holes are many. The graph of the old places goes first.
    pub(crate) fn compact(&self) {
        if self.exact.rows.wants_compaction() {
            self.set_graph(None);
            self.exact.rows.compact();
        }
    }
}

/// The rows of a chunk that were written at stamps in `written` and are still there, with their vectors.
fn fresh_points(
    chunks: &Chunks,
    number: usize,
    written: Range<u64>,
    graph: &Graph,
) -> Vec<(Member, Vec<Line>)> {
    let members: Vec<Member> = {
        let chunk = chunks[number].chunk.read();
        chunk
            .written_since(written.start)
            .filter(|(_, stamp)| *stamp < written.end)
            .map(|(offset, stamp)| Member {
                slot: (number * CHUNK_ROWS + offset) as Slot,
                stamp,
            })
            .collect()
    };
    let points = members.into_iter().filter_map(|member| {
        let plane = RowStore::row(chunks, member.slot, member.stamp, |chunk, offset| {
            graph.plane(chunk.components(offset))
        })?;
        Some((member, plane))
    });
    points.collect()
}
