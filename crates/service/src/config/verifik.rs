//! `[verifik]`.

use inference::CaptureFault;
use serde::{Deserialize, Serialize};

use super::CaptureConfig;

/// The Verifik dialect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifikConfig {
    /// Whether it is served.
    pub enabled: bool,
    /// Whether its `/demo` routes are.
    pub demo_routes: bool,
    /// Which body an expired token gets.
    pub expired_token: ExpiredToken,
    /// Which shape `search-active-user` answers in.
    pub search_active_user: ActiveUserAnswer,
    /// Capture faults that refuse a picture of the liveness routes.
    pub capture_rejects: Vec<CaptureFault>,
    /// What the liveness routes ask of a picture.
    pub capture: CaptureConfig,
}

/// The two documented answers to an expired token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpiredToken {
    /// `Forbidden`, `expired_token`: what existing clients test for.
    Client,
    /// `FORBIDDEN`, `token_expired`: what the documentation says.
    Docs,
}

/// The two shapes of the answer of `search-active-user`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActiveUserAnswer {
    /// An object when the request has `liveness_min_score`, else a list.
    Auto,
    /// The persons: what the documentation says.
    List,
    /// The persons and a liveness verdict: what newer clients read.
    Object,
}
