//! The background work of an adaptive index: building its graph, linking fresh rows, replacing a worn graph.

use super::options::GraphOptions;
use super::recall::Sample;
use super::{Broken, Graph, Member, turns};
use crate::exact::ExactIndex;
use crate::rows::chunk::CHUNK_ROWS;
use crate::rows::{Chunks, RowStore, Slot};
use crate::stats::Recall;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Fresh rows that make a round of linking worth its while; fewer are scanned by each fast search.
pub(crate) const LINK_BATCH: u64 = 512;
/// One in so many points dead makes a graph worn.
const DEAD_SHARE: usize = 5;
/// Probes for calibration, and for a check of a graph in use.
const CALIBRATION_PROBES: usize = 256;
const CHECK_PROBES: usize = 64;
/// A graph in use that falls below this recall is replaced.
const LOWEST_RECALL: f32 = 0.9;

/// Whether more rows than searches should scan one by one are unreachable.
fn has_gaps(graph: &Graph) -> bool {
    graph.unreachable_count() > graph.points() / 100
}

/// Why a build ended early.
enum Ended {
    Stopped,
    Broken,
}

/// A piece of background work.
enum Work {
    Link(Arc<Graph>),
    Replace,
    LetGo,
}

impl From<Broken> for Ended {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// An adaptive index without its handle: what searches and the background thread share.
pub(crate) struct Shared {
    pub(crate) exact: ExactIndex,
    pub(crate) options: GraphOptions,
    graph: RwLock<Option<Arc<Graph>>>,
    working: AtomicBool,
    stop: AtomicBool,
    /// No new graph before this stamp: the last one was unfit for the rows of then.
    hold_until: AtomicU64,
    pub(crate) builds: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    pub(crate) recall: Mutex<Option<Recall>>,
}

impl Shared {
    pub(crate) fn new(exact: ExactIndex, options: GraphOptions) -> Self {
        Self {
            exact,
            options,
            graph: RwLock::new(None),
            working: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            hold_until: AtomicU64::new(0),
            builds: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
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
        graph.is_broken() || self.dead(graph) > points / DEAD_SHARE || has_gaps(graph)
    }

    fn wants_graph(&self) -> bool {
        self.exact.rows.len() >= self.options.threshold && !self.is_held()
    }

    fn wants_work(&self) -> bool {
        if self.stopped() {
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
                if !self.is_worn(&graph) || self.is_held() && !graph.is_broken() {
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
    fn step(&self) -> Result<(), Ended> {
        match self.next() {
            Work::Replace => self.replace_graph(),
            Work::LetGo => {
                self.set_graph(None);
                Ok(())
            }
            Work::Link(graph) => match self.link_fresh(&graph) {
                Err(Ended::Broken) => {
                    self.panics.fetch_add(1, Ordering::Relaxed);
                    Ok(()) // it is worn now: the next step replaces it
                }
                other => other,
            },
        }
    }

    /// Builds a new graph and puts it in use if it is fit.
    fn replace_graph(&self) -> Result<(), Ended> {
        let _turn = turns::wait(|| self.stopped()).ok_or(Ended::Stopped)?;
        tracing::info!(rows = self.exact.rows.len(), "building the search graph");
        match self.built() {
            Ok((graph, recall)) => {
                let fit = !has_gaps(&graph)
                    && (recall.at_1 >= self.options.target_recall || self.options.ef.is_some());
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
            Err(Ended::Broken) => {
                self.panics.fetch_add(1, Ordering::Relaxed);
                tracing::warn!("the search graph failed while it was built: searches stay exact");
                self.set_graph(None);
                self.hold();
                Ok(())
            }
            Err(Ended::Stopped) => Err(Ended::Stopped),
        }
    }

    /// Waits with the next graph until a quarter of the rows has changed.
    fn hold(&self) {
        let changes = (self.exact.rows.len() as u64 / 4).max(LINK_BATCH);
        let until = self.exact.rows.next_stamp() + changes;
        self.hold_until.store(until, Ordering::Release);
    }

    fn built(&self) -> Result<(Graph, Recall), Ended> {
        let graph = Graph::new(&self.options, self.exact.rows.len(), self.peak());
        loop {
            self.link_fresh(&graph)?;
            if self.pending(&graph) < LINK_BATCH {
                break;
            }
        }
        let sample = Sample::new(&self.exact, CALIBRATION_PROBES, graph.linked());
        let target = self.options.target_recall;
        let recall = sample.calibrate(&self.exact, &graph, self.options.ef, target)?;
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
    fn link_fresh(&self, graph: &Graph) -> Result<(), Ended> {
        let from = graph.linked();
        let to = self.exact.rows.settled_stamp();
        let chunks = self.exact.rows.chunks();
        for (number, cell) in chunks.iter().enumerate() {
            if !cell.has_since(from) {
                continue;
            }
            let members: Vec<Member> = {
                let chunk = cell.chunk.read();
                let written = chunk.written_since(from).filter(|(_, stamp)| *stamp < to);
                written
                    .map(|(offset, stamp)| Member {
                        slot: (number * CHUNK_ROWS + offset) as Slot,
                        stamp,
                    })
                    .collect()
            };
            self.each_plane(&chunks, graph, &members, Graph::link)?;
            // After the whole chunk: later points are what may cut a point off.
            self.each_plane(&chunks, graph, &members, Graph::ensure_reachable)?;
        }
        graph.set_linked(to);
        Ok(())
    }

    /// Runs `step` for the rows that are still there.
    fn each_plane(
        &self,
        chunks: &Chunks,
        graph: &Graph,
        members: &[Member],
        step: impl Fn(&Graph, Member, &[crate::kernels::Line]) -> Result<(), Broken>,
    ) -> Result<(), Ended> {
        for member in members {
            if self.stopped() {
                return Err(Ended::Stopped);
            }
            let plane = RowStore::row(chunks, member.slot, member.stamp, |chunk, offset| {
                graph.plane(chunk.components(offset))
            });
            if let Some(plane) = plane {
                step(graph, *member, &plane)?;
            }
        }
        Ok(())
    }

    /// Measures the graph in use, and takes it out of use when it has become bad.
    pub(crate) fn check_recall(&self) {
        let Some(graph) = self.graph() else { return };
        if graph.is_broken() {
            return;
        }
        let sample = Sample::new(&self.exact, CHECK_PROBES, self.exact.rows.next_stamp());
        let Ok(recall) = sample.recall(&self.exact, &graph, graph.ef()) else {
            self.panics.fetch_add(1, Ordering::Relaxed);
            return;
        };
        *self.recall.lock() = Some(recall);
        if recall.at_1 < LOWEST_RECALL.min(self.options.target_recall) {
            tracing::warn!(
                recall_at_1 = recall.at_1,
                "the search graph misses too much: it is built anew"
            );
            graph.give_up();
        }
    }

    /// Writes the rows anew when holes are many. The graph of the old places goes first.
    pub(crate) fn compact(&self) {
        if self.exact.rows.wants_compaction() {
            self.set_graph(None);
            self.exact.rows.compact();
        }
    }
}
