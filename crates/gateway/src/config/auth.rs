//! `[auth]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Secret, duration};

/// Account tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// The signing secret; empty means the file in the data folder.
    pub secret: Secret,
    /// Life of a token when nothing else is asked for.
    #[serde(with = "duration")]
    pub token_life: Duration,
}
