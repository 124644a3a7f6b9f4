//! The audit record of a biometric call. It is written after the answer is known and never holds it up: a database that is
//! away must not take liveness and compare with it.

mod call;
mod writer;

use std::sync::Arc;

use sha2::{Digest as _, Sha512};
use store::{Catalog, PersonId, SealKey, Verification, VerificationId};
use time::OffsetDateTime;

pub use call::with_call;
pub use call::{Call, Credential, REQUEST_ID};

use crate::auth::{Secrets, SigningSecret};
use writer::Writer;

/// An answer and its audit record.
#[derive(Debug, Clone)]
pub struct Recorded<T> {
    /// The record's id.
    pub id: VerificationId,
    /// When it was answered.
    pub at: OffsetDateTime,
    /// The answer.
    pub answer: T,
}

/// What is kept of an answer.
pub(crate) trait Audited {
    /// Scores, thresholds and the result as an object; never a picture or a template.
    fn details(&self) -> serde_json::Value;

    /// Who was read, found or written.
    fn persons(&self) -> Vec<PersonId> {
        Vec::new()
    }
}

/// What was done to persons, or shown of them, where no scores are at stake.
struct Touched(Vec<PersonId>);

impl Audited for Touched {
    fn details(&self) -> serde_json::Value {
        serde_json::json!({})
    }

    fn persons(&self) -> Vec<PersonId> {
        self.0.clone()
    }
}

/// The key that seals the audit, made from the signing secret: who can write to the database alone cannot make up a record.
#[must_use]
pub fn seal_key(secret: &SigningSecret) -> SealKey {
    let mut hash = Sha512::new();
    hash.update(b"rostro audit seal, version 1\0");
    hash.update(secret.bytes());
    SealKey::new(hash.finalize().into())
}

/// The keys that may have sealed a record: those of all secrets that are good.
#[must_use]
pub fn seal_keys(secrets: &Secrets) -> Vec<SealKey> {
    secrets.all().map(seal_key).collect()
}

/// Writes audit records in the background.
pub struct Recorder {
    writer: Writer,
    model: String,
}

impl Recorder {
    /// A recorder into `store`; `model` is the SHA-256 of the embedding model in use. Must be called inside a Tokio runtime.
    #[must_use]
    pub fn new(store: Arc<dyn Catalog>, key: SealKey, model: &str) -> Self {
        Self {
            writer: Writer::start(store, key),
            model: model.to_owned(),
        }
    }

    /// Has an answer recorded as one of the kind `kind`. Returns at once.
    pub(crate) fn record<T: Audited>(&self, call: &Call, kind: &str, answer: T) -> Recorded<T> {
        let recorded = Recorded {
            id: VerificationId::random(),
            at: OffsetDateTime::now_utc(),
            answer,
        };
        if let Some(client) = call.client {
            self.writer.write(Verification {
                id: recorded.id,
                client,
                kind: kind.to_owned(),
                details: recorded.answer.details(),
                persons: recorded.answer.persons(),
                model: Some(self.model.clone()),
                credential: call.credential.to_string(),
                address: call.address.map(|address| address.to_string()),
                request_id: call.request_id.clone(),
                created_at: recorded.at,
            });
        }
        recorded
    }

    /// Has it recorded that the current request did `kind` with these persons. Where there is no request, nothing is recorded.
    pub(crate) fn touched(&self, kind: &str, persons: impl IntoIterator<Item = PersonId>) {
        if let Some(call) = Call::current() {
            self.record(&call, kind, Touched(persons.into_iter().collect()));
        }
    }

    /// Waits until every record that was taken is written or has failed.
    pub async fn finish(&self) {
        self.writer.finish().await;
    }
}
