//! Vectors to neighbours: rows of unit vectors, searched by cosine.
//!
//! The crate knows neither person nor client. A row has a *key* (a face, for the caller) and a *group* (a person): answers
//! give the best row of each of the best groups. It owns no durable state: an index can be thrown away and filled
//! again from the database at any moment.
//!
//! * [`ExactIndex`]: every row is scanned, as int8 with SIMD kernels ([`simd`] tells which), and what may be a hit
//!   is re-scored in f32 from 16 bits per component. A proven error bound decides what may be a hit, so the answer
//!   is that of an f32 search over the stored rows; the stored rows are within 1e-4 cosine of what was inserted (see
//!   `quantise`, also for the exception: a vector with one component beyond 0.28).
//! * [`AdaptiveIndex`]: the same, plus two quicker ways for [`Mode::Fast`]: a scan of 64-byte sketches, and above a number of
//!   rows an HNSW graph that is built in the background. Each is used only while it is measured to find what exact searches
//!   find. Their candidates are re-scored by the same function, so both modes give one row the same score.
//!
//! * [`AllPairs`]: no index, but every pair of a set of vectors, for statistics over labelled data.
//!
//! The first two are behind [`VectorIndex`]. Reads and writes go on at the same time; a write is visible to every search that
//! starts after it returned.

mod adaptive;
mod all_pairs;
mod exact;
mod graph;
mod kernels;
mod quantise;
mod rows;
mod sketch;
mod sketch_scan;
mod stats;
mod top;

pub use adaptive::AdaptiveIndex;
pub use all_pairs::AllPairs;
pub use exact::ExactIndex;
pub use graph::options::GraphOptions;
pub use stats::{FastBy, GraphState, GraphStats, Recall, Stats};

/// The largest dimension of an index.
pub const MAX_DIMENSION: usize = 4096;

/// Components of all rows together from which reading sketches instead saves more than scoring their candidates costs, with
/// some margin: 50,000 rows of 512, 200,000 of 128.
const SKETCHES_PAY: usize = 25_600_000;

/// How an index is laid out and searched.
#[derive(Clone, Debug)]
pub struct Options {
    /// Components per vector, 1..=[`MAX_DIMENSION`].
    pub dimension: usize,
    /// Most threads that one exact search of a large index may use (0 counts as 1). One thread per search gives the
    /// best throughput; more give the best time for one search on an idle machine.
    pub scan_threads: usize,
    /// Rows from which [`Mode::Fast`] may go by sketches; below, it is exact. `usize::MAX` for never.
    pub sketch_threshold: usize,
    /// Share of disturbed stored rows whose best group a fast search must find, 0..=1. Ways that find fewer are not used.
    pub target_recall: f32,
    /// The graph of an [`AdaptiveIndex`].
    pub graph: GraphOptions,
}

impl Options {
    /// The defaults for vectors of `dimension` components: one thread per search.
    pub fn new(dimension: usize) -> Self {
        Self {
            dimension,
            scan_threads: 1,
            sketch_threshold: SKETCHES_PAY / dimension.max(1),
            target_recall: 0.99,
            graph: GraphOptions::default(),
        }
    }
}

/// How a search walks the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every row counts: nothing is missed.
    Exact,
    /// The quickest way that was measured to find what exact searches find: the graph, sketches, or exact.
    Fast,
}

/// What a search asks for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Most groups in the answer.
    pub limit: usize,
    /// Lowest cosine in the answer, -1..=1.
    pub min_cosine: f32,
    /// How to walk the rows.
    pub mode: Mode,
}

/// The best row of one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The row's key.
    pub key: u128,
    /// The row's group.
    pub group: u128,
    /// Cosine of the probe with the stored row, -1..=1.
    pub cosine: f32,
}

/// Why an index refused something. The texts hold no component of any vector.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The vector has another number of components than the index.
    #[error("the vector has {got} components, the index is for {expected}")]
    Dimension {
        /// Components of the index.
        expected: usize,
        /// Components of the vector.
        got: usize,
    },
    /// A component is NaN or infinite.
    #[error("the vector has a component that is not finite")]
    NotFinite,
    /// The vector's length is not 1 (within 0.001).
    #[error("the vector is not of length 1")]
    NotUnit,
    /// 2^32 rows.
    #[error("the index is full")]
    Full,
    /// An option is out of its range.
    #[error("index options: {0}")]
    Options(&'static str),
}

/// Rows of unit vectors that can be searched. All methods may be called from any thread; they compute, so an async
/// caller moves them off its executor.
pub trait VectorIndex: Send + Sync {
    /// Adds a row, or replaces the row of that key. The next search finds it.
    fn insert(&self, key: u128, group: u128, vector: &[f32]) -> Result<(), IndexError>;

    /// Removes a row; false when there is none of that key. The next search does not find it.
    fn remove(&self, key: u128) -> bool;

    /// Removes all rows of a group; answers how many there were.
    fn remove_group(&self, group: u128) -> usize;

    /// The best row of each of the best groups, best first. Equal cosines are in the order of group, then key.
    fn search(&self, probe: &[f32], search: Search) -> Result<Vec<Hit>, IndexError>;

    /// One answer per probe, in order. Several exact searches share one pass over the rows, which is cheaper than one
    /// after another.
    fn search_many(&self, probes: &[&[f32]], search: Search) -> Result<Vec<Vec<Hit>>, IndexError>;

    /// Rows that searches can find.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Figures for metrics and readiness.
    fn stats(&self) -> Stats;

    /// Chores that no request should wait for: compaction, the graph's health. Call it now and then (each minute, say)
    /// from a thread that may be busy for a second or more.
    fn maintain(&self);
}

/// The SIMD kernels that this process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simd {
    /// The integer kernel of scans and of the graph.
    pub scan: &'static str,
    /// The f32 kernel of re-scoring.
    pub rescore: &'static str,
}

/// Names the SIMD kernels that this process uses, as chosen from what the processor has.
pub fn simd() -> Simd {
    let kernel = kernels::Kernel::detect();
    Simd {
        scan: kernel.name(),
        rescore: kernel.rescore_name(),
    }
}

pub(crate) fn check(options: &Options) -> Result<(), IndexError> {
    if !(1..=MAX_DIMENSION).contains(&options.dimension) {
        return Err(IndexError::Options("dimension is not in 1..=4096"));
    }
    if !(0.0..=1.0).contains(&options.target_recall) {
        return Err(IndexError::Options("target_recall is not in 0..=1"));
    }
    options.graph.check()
}
