//! Exact rows with a graph beside them once they are many.

use crate::exact::ExactIndex;
use crate::graph::Graph;
use crate::graph::build::Shared;
use crate::graph::options::MAX_EF;
use crate::graph::search::{search, view};
use crate::quantise::Probe;
use crate::stats::{FastBy, GraphState, GraphStats, Stats};
use crate::{Hit, IndexError, Mode, Options, Search, VectorIndex};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An [`ExactIndex`] with quicker ways for [`Mode::Fast`]: sketches from [`Options::sketch_threshold`] rows on, and a graph,
/// built in the background, from [`crate::GraphOptions::threshold`] rows on.
///
/// [`Mode::Exact`] never uses them. [`Mode::Fast`] uses the graph when it is ready and most rows are linked, else sketches once
/// they were measured (by [`VectorIndex::maintain`]), else all rows; and all rows when more groups are wanted than a quicker
/// way is good for, or when it misses too much.
pub struct AdaptiveIndex {
    shared: Arc<Shared>,
}

impl AdaptiveIndex {
    /// An empty index; an error when an option is out of its range.
    pub fn new(options: &Options) -> Result<Self, IndexError> {
        let exact = ExactIndex::new(options)?;
        Ok(Self {
            shared: Arc::new(Shared::new(exact, options)),
        })
    }

    /// Sets the candidates that fast searches keep in view, 1..=2048, until a graph is built the next time: for measurements.
    /// Without a graph it does nothing.
    pub fn set_ef(&self, ef: usize) {
        if let Some(graph) = self.shared.graph() {
            graph.set_ef(ef.clamp(1, MAX_EF));
        }
    }

    /// The graph, if fast searches should use it now.
    fn usable_graph(&self) -> Option<Arc<Graph>> {
        let graph = self.shared.graph()?;
        // Fresh rows are scanned by each search: beyond a twentieth that is no longer small beside a full scan.
        let bearable = (self.shared.exact.len() as u64 / 20).max(4096);
        (!graph.is_given_up() && self.shared.pending(&graph) <= bearable).then_some(graph)
    }

    fn fast(&self, graph: &Graph, probe: &Probe, wanted: Search) -> Option<Vec<Hit>> {
        let dead = self.shared.dead(graph);
        let found = view(graph.ef(), wanted.limit, graph.points(), dead)
            .map(|ef| search(&self.shared.exact, graph, probe, wanted, ef));
        if let Some(found) = found.filter(|found| found.complete) {
            return Some(found.hits);
        }
        self.shared.fallbacks.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn graph_stats(&self) -> GraphStats {
        let shared = &self.shared;
        let graph = shared.graph();
        let state = match &graph {
            Some(graph) if !graph.is_given_up() => GraphState::Ready,
            _ if shared.is_working() => GraphState::Building,
            _ if shared.exact.len() < shared.options.threshold => GraphState::NotNeeded,
            _ if shared.is_held() => GraphState::Unfit,
            _ => GraphState::Building, // a thread is about to take it up
        };
        let mut stats = GraphStats {
            state,
            builds: shared.builds.load(Ordering::Relaxed),
            fallbacks: shared.fallbacks.load(Ordering::Relaxed),
            recall_probe: *shared.recall.lock(),
            ..GraphStats::default()
        };
        if let Some(graph) = graph {
            stats.points = graph.points();
            stats.bytes = graph.bytes();
            stats.dead = shared.dead(&graph);
            stats.pending = usize::try_from(shared.pending(&graph)).unwrap_or(usize::MAX);
            stats.unreachable = graph.unreachable_count();
            stats.ef = graph.ef();
            stats.relinked = graph.relinked();
        }
        stats
    }
}

impl VectorIndex for AdaptiveIndex {
    fn insert(&self, key: u128, group: u128, vector: &[f32]) -> Result<(), IndexError> {
        self.shared.exact.insert(key, group, vector)?;
        self.shared.wake();
        Ok(())
    }

    fn remove(&self, key: u128) -> bool {
        let removed = self.shared.exact.remove(key);
        self.shared.wake();
        removed
    }

    fn remove_group(&self, group: u128) -> usize {
        let removed = self.shared.exact.remove_group(group);
        self.shared.wake();
        removed
    }

    fn search(&self, probe: &[f32], search: Search) -> Result<Vec<Hit>, IndexError> {
        let mut answers = self.search_many(&[probe], search)?;
        Ok(answers.pop().unwrap_or_default())
    }

    fn search_many(&self, probes: &[&[f32]], search: Search) -> Result<Vec<Vec<Hit>>, IndexError> {
        let probes = self.shared.exact.probes(probes)?;
        if search.mode == Mode::Fast && search.limit > 0 {
            let graph = self.usable_graph();
            // Probes that no quicker way can answer share one exact pass.
            let fast: Vec<_> = probes
                .iter()
                .map(|probe| match &graph {
                    Some(graph) => self.fast(graph, probe, search),
                    None => self
                        .shared
                        .sketches
                        .search(&self.shared.exact, probe, search),
                })
                .collect();
            let left = probes
                .into_iter()
                .zip(&fast)
                .filter(|(_, fast)| fast.is_none());
            let left: Vec<_> = left.map(|(probe, _)| probe).collect();
            let mut exact = self.shared.exact.scan(&left, search).into_iter();
            let merged = fast
                .into_iter()
                .map(|fast| fast.or_else(|| exact.next()).unwrap_or_default());
            return Ok(merged.collect());
        }
        Ok(self.shared.exact.scan(&probes, search))
    }

    fn len(&self) -> usize {
        self.shared.exact.len()
    }

    fn stats(&self) -> Stats {
        let sketches = self.shared.sketches.recall(&self.shared.exact);
        let (fast, recall) = match (self.usable_graph(), sketches) {
            (Some(_), _) => (FastBy::Graph, *self.shared.recall.lock()),
            (None, Some(recall)) => (FastBy::Sketches, Some(recall)),
            (None, None) => (FastBy::Exact, None),
        };
        Stats {
            fast,
            recall,
            graph: Some(self.graph_stats()),
            ..self.shared.exact.stats()
        }
    }

    fn maintain(&self) {
        self.shared.end_wait();
        self.shared.compact();
        self.shared.wipe_dead();
        self.shared.check_recall();
        self.shared.wake();
    }
}

impl Drop for AdaptiveIndex {
    fn drop(&mut self) {
        self.shared.stop();
    }
}
