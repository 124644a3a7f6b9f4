//! The audit of biometric calls: a chain of records that cannot be changed unnoticed.
//!
//! After "Secure audit logs to support computer forensics" (Schneier and Kelsey, 1999), without its key evolution: the seal's key is
//! derived from the server's secret, which whoever can write to the database alone does not have.

mod check;
mod link;

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::StoreError;
use crate::ids::{ClientId, PersonId, VerificationId};

pub use check::{AuditCheck, AuditFault, check_audit};
pub use link::{AuditHash, Seal, SealKey};
pub(crate) use link::{KEY_NAME, link};

/// One biometric call: who asked what, and how it was answered. Never a picture, never an embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// The account that asked.
    pub client: ClientId,
    /// `liveness`, `compare`, `search`, `enrol`, ...
    pub kind: String,
    /// An object of scores, thresholds and result.
    pub details: serde_json::Value,
    /// Who was read, found or written.
    pub persons: Vec<PersonId>,
    /// The model whose templates were compared or made, if any was: SHA-256 in hexadecimal.
    pub model: Option<String>,
    /// How the caller authenticated: `token`, or `key:` and the id of the API key. Empty in rows from before it was kept.
    pub credential: String,
    /// The caller's address, if there is one.
    pub address: Option<String>,
    /// The request as the logs know it.
    pub request_id: String,
    /// When it was answered; millisecond precision, UTC.
    pub created_at: OffsetDateTime,
}

/// A record in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub seq: i64,
    /// What is recorded.
    pub record: Verification,
    /// Of the record and the hash before.
    pub hash: AuditHash,
    /// Proves that the server wrote it.
    pub seal: Seal,
}

/// A place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPoint {
    /// The number of a record; 0 is before the first.
    pub seq: i64,
    /// Its hash.
    pub hash: AuditHash,
}

/// Both ends of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditEnds {
    /// The last record that was deleted for its age.
    pub pruned: AuditPoint,
    /// The last record.
    pub last: AuditPoint,
}

/// What can be done with the audit.
#[async_trait]
pub trait Audit {
    /// Adds records to the chain, all or none, in this order. Or says `ClientNotFound`.
    async fn append_audit(
        &self,
        key: &SealKey,
        records: Vec<Verification>,
    ) -> Result<(), StoreError>;

    /// Where the chain begins and ends.
    async fn audit_ends(&self) -> Result<AuditEnds, StoreError>;

    /// At most `limit` records after the one of this number, in order.
    async fn audit_after(&self, seq: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;

    /// Deletes at most `limit` of the oldest records, as far as they are at least `age` old; how many.
    async fn prune_audit(&self, age: Duration, limit: u32) -> Result<u64, StoreError>;
}

impl AuditRow {
    /// Whether it follows `before`.
    #[must_use]
    pub fn follows(&self, before: AuditPoint) -> bool {
        self.seq == before.seq + 1 && self.hash == link(before.hash, self.seq, &self.record)
    }

    /// Its place.
    #[must_use]
    pub fn point(&self) -> AuditPoint {
        AuditPoint {
            seq: self.seq,
            hash: self.hash,
        }
    }
}
