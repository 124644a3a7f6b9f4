//! What an index tells about itself.

/// What fast searches go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FastBy {
    /// All rows: they are few, or no quicker way finds enough.
    #[default]
    Exact,
    /// The rows whose sketches differ least from the probe's.
    Sketches,
    /// The graph.
    Graph,
}

/// Figures of one index, for metrics and readiness.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Rows that searches can find.
    pub rows: usize,
    /// Groups with at least one row.
    pub groups: usize,
    /// Places of removed rows that wait for new ones.
    pub holes: usize,
    /// Bytes of the rows and of the tables that find them, without the graph.
    pub row_bytes: usize,
    /// What fast searches go by now.
    pub fast: FastBy,
    /// The last recall measurement of that way: fast answers against exact ones. `None` where fast is exact.
    pub recall: Option<Recall>,
    /// The graph; `None` for an index that never has one.
    pub graph: Option<GraphStats>,
}

/// What the graph of an index is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphState {
    /// Too few rows: exact search is as fast.
    #[default]
    NotNeeded,
    /// Being built; searches are exact until it is ready.
    Building,
    /// Answers fast searches.
    Ready,
    /// Missed the wanted recall: searches are exact until the rows have changed enough to try again.
    Unfit,
}

/// Figures of one graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphStats {
    /// What it is doing.
    pub state: GraphState,
    /// Points linked so far, those of removed rows among them.
    pub points: usize,
    /// Bytes of the graph's own vectors and links.
    pub bytes: usize,
    /// Points whose row was removed or replaced.
    pub dead: usize,
    /// Rows not linked yet (at most); fast searches scan them.
    pub pending: usize,
    /// Rows that the graph could not be made to reach; fast searches scan them.
    pub unreachable: usize,
    /// Candidates that a search keeps in view, as measured to give the wanted recall.
    pub ef: usize,
    /// Graphs finished since the index was made.
    pub builds: u64,
    /// Rows that were linked a second time because a probe missed them.
    pub relinked: u64,
    /// Fast searches that were answered by an exact scan although the graph was ready.
    pub fallbacks: u64,
    /// The last recall measurement of a graph, one that is not used because of it included.
    pub recall_probe: Option<Recall>,
}

/// How often fast answers are the exact ones, measured with disturbed copies of stored rows as probes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    /// Share of probes with the same best group, 0..=1.
    pub at_1: f32,
    /// Share of the exact ten best groups that fast answers have, 0..=1.
    pub at_10: f32,
    /// Probes measured.
    pub probes: usize,
}
