//! The settings of a graph.

use crate::IndexError;

/// When an [`crate::AdaptiveIndex`] has a graph, and how it is built and searched.
#[derive(Clone, Debug)]
pub struct GraphOptions {
    /// Rows from which a graph is built; below, fast searches are exact. `usize::MAX` for never.
    pub threshold: usize,
    /// Whether a new index waits with its graph until [`crate::VectorIndex::maintain`] is first called: for one that is
    /// being filled with many rows, which a build beside it would slow down.
    pub wait: bool,
    /// Links per point and layer, 2..=128; the lowest layer has twice as many. More: better recall, more memory.
    pub connections: usize,
    /// Candidates in view when a point is linked, 8..=2048. More: better recall, slower build.
    pub ef_construction: usize,
    /// Candidates in view of a search, 1..=2048; `None`: the fewest that reach `target_recall` when measured.
    pub ef: Option<usize>,
    /// Share of disturbed stored rows whose best group a fast search must find, 0..=1. A graph that cannot is not used.
    pub target_recall: f32,
}

/// The largest `ef`. A search that would need more is exact.
pub(crate) const MAX_EF: usize = 2048;

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            threshold: 200_000,
            wait: false,
            connections: 16,
            ef_construction: 128,
            ef: None,
            target_recall: 0.99,
        }
    }
}

impl GraphOptions {
    pub(crate) fn check(&self) -> Result<(), IndexError> {
        if !(2..=128).contains(&self.connections) {
            return Err(IndexError::Options("graph connections are not in 2..=128"));
        }
        if !(8..=MAX_EF).contains(&self.ef_construction) {
            return Err(IndexError::Options(
                "graph ef_construction is not in 8..=2048",
            ));
        }
        if self.ef.is_some_and(|ef| !(1..=MAX_EF).contains(&ef)) {
            return Err(IndexError::Options("graph ef is not in 1..=2048"));
        }
        if !(0.0..=1.0).contains(&self.target_recall) {
            return Err(IndexError::Options("graph target_recall is not in 0..=1"));
        }
        Ok(())
    }
}
