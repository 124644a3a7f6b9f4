//! The settings of a graph.

use crate::IndexError;

/// When an [`crate::AdaptiveIndex`] has a graph, and how it is built and searched.
#[derive(Clone, Debug)]
pub struct GraphOptions {
    /// Rows from which a graph is built. `usize::MAX` for never.
    pub threshold: usize,
    /// Whether a new index waits with its graph until [`crate::VectorIndex::maintain`] is first called: for one that is
    /// being filled with many rows, which a build beside it would slow down.
    pub wait: bool,
    /// Links per point and layer, 2..=128; the lowest layer has twice as many. More: better recall, more memory.
    pub connections: usize,
    /// Candidates in view when a point is linked, 8..=2048. More: better recall, slower build.
    pub ef_construction: usize,
    /// Candidates in view of a search, 1..=2048; `None`: the fewest that reach [`crate::Options::target_recall`] when measured.
    pub ef: Option<usize>,
}

/// The largest `ef`. A search that would need more is exact.
pub(crate) const MAX_EF: usize = 2048;

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            threshold: 2_000_000,
            wait: false,
            connections: 16,
            ef_construction: 128,
            ef: None,
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
        Ok(())
    }
}
