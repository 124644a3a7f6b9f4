//! `[limits]`.

use serde::{Deserialize, Serialize};

/// How much one address and one account may ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Failed authentications of one address in a minute; 0 is any number.
    pub failed_auth_per_minute: usize,
    /// Requests per second of one account; 0 is any number.
    pub account_rate: f64,
    /// Requests of one account at once, when none came for a while.
    pub account_burst: usize,
    /// The part of `server.max_in_flight` that one account can have.
    pub account_share: f64,
    /// Requests of one address in a minute to routes that ask for no credential; 0 is any number.
    pub open_per_minute: usize,
    /// Requests in work at a time on routes that ask for no credential.
    pub open_places: usize,
}
