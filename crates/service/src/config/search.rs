//! `[search]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// Where templates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchEngine {
    /// In the memory of this node.
    Embedded,
    /// In Postgres, by its extension pgvector.
    Pgvector,
}

/// How enrolled persons are searched.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Where templates are compared.
    pub engine: SearchEngine,
    /// Whether templates may be stored in the clear although persons are encrypted, which `pgvector` needs.
    pub templates_in_the_clear: bool,
    /// Vectors of one collection from which `pgvector` gives it a partition and an index of its own.
    pub partition_threshold: usize,
    /// Faces of one collection from which `FAST` uses a graph; below, it is exact as `ACCURATE` is.
    pub graph_threshold: usize,
    /// How long a write waits for this node's searches to see it.
    #[serde(with = "duration")]
    pub visible_within: Duration,
}
