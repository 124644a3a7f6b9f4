//! `[search]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// How enrolled persons are searched.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Faces of one collection from which `FAST` uses a graph; below, it is exact as `ACCURATE` is.
    pub graph_threshold: usize,
    /// How long a write waits for this node's searches to see it.
    #[serde(with = "duration")]
    pub visible_within: Duration,
}
