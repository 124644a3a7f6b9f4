//! `[search]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Hold, duration};

/// How enrolled persons are searched.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Faces of one collection from which `FAST` uses a graph; below, it is exact as `ACCURATE` is.
    pub graph_threshold: usize,
    /// How long a write waits for this node's searches to see it.
    #[serde(with = "duration")]
    pub visible_within: Duration,
    /// Which collections' faces this node holds.
    pub hold: Hold,
    /// A node that gave no sign of life for so long is not asked any more.
    #[serde(with = "duration")]
    pub node_timeout: Duration,
    /// What such a node held is taken over by others after so long.
    #[serde(with = "duration")]
    pub take_over_after: Duration,
}
