//! `[search]`.

use serde::{Deserialize, Serialize};

/// How enrolled persons are searched.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Faces of one collection from which `FAST` uses a graph; below, it is exact as `ACCURATE` is.
    pub graph_threshold: usize,
}
