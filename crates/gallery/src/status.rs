//! How far the indexes are.

use store::Revision;

/// What the follower is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Reading all faces; searches wait for it.
    #[default]
    Loading,
    /// Applying changes as they come; searches are answered.
    Following,
    /// Nothing any more.
    Stopped,
}

/// How far the indexes are, for readiness and metrics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// What the follower is doing.
    pub phase: Phase,
    /// Faces read so far while loading.
    pub loaded: u64,
    /// Faces in the database when loading began.
    pub total: u64,
    /// Everything up to here is visible to searches.
    pub revision: Revision,
    /// Rows in all indexes; a face counts once for each of its person's collections.
    pub rows: usize,
    /// Indexes.
    pub shelves: usize,
    /// Of them, those whose fast searches go by sketches.
    pub sketches: usize,
    /// Of them, those whose fast searches go by a graph.
    pub graphs: usize,
    /// Of them, those whose graph is being built.
    pub building: usize,
    /// The lowest recall that fast searches showed when they were last compared with the exact scan, 0 to 1.
    pub recall: Option<f32>,
}
