//! The audit of biometric calls.

use time::OffsetDateTime;

use crate::ids::{ClientId, VerificationId};

/// One biometric call: who asked what, and how it was answered. Never a picture, never an embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// The account that asked.
    pub client: ClientId,
    /// `liveness`, `compare`, `search`, ...
    pub kind: String,
    /// An object of scores, thresholds and result.
    pub details: serde_json::Value,
    /// The request as the logs know it.
    pub request_id: String,
    /// When it was answered.
    pub created_at: OffsetDateTime,
}
