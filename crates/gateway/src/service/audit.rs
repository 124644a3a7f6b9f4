//! The audit record of a biometric call. It is written after the answer is known and never holds it up: a database that is
//! away must not take liveness and compare with it.

use std::sync::Arc;

use store::{Catalog, ClientId, Verification, VerificationId};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

/// Records that may wait for the database. More are dropped, with a warning.
const SLOTS: u32 = 256;

/// Who asks, and under which name the logs know the request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The account; none on routes that ask for no token, whose calls are not recorded.
    pub client: Option<ClientId>,
    /// The request's id.
    pub request_id: String,
}

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
pub(super) trait Audited {
    /// Scores, thresholds and the result as an object; never a picture or a template.
    fn details(&self) -> serde_json::Value;
}

/// Writes audit records in the background.
pub struct Recorder {
    store: Arc<dyn Catalog>,
    slots: Arc<Semaphore>,
}

impl Recorder {
    /// A recorder into `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Catalog>) -> Self {
        Self {
            store,
            slots: Arc::new(Semaphore::new(SLOTS as usize)),
        }
    }

    /// Has an answer recorded as one of the kind `kind`. Returns at once. Must be called inside a Tokio runtime.
    pub(super) fn record<T: Audited>(&self, call: &Call, kind: &str, answer: T) -> Recorded<T> {
        let recorded = Recorded {
            id: VerificationId::random(),
            at: OffsetDateTime::now_utc(),
            answer,
        };
        let Some(client) = call.client else {
            return recorded;
        };
        let verification = Verification {
            id: recorded.id,
            client,
            kind: kind.to_owned(),
            details: recorded.answer.details(),
            request_id: call.request_id.clone(),
            created_at: recorded.at,
        };
        self.write(verification);
        recorded
    }

    fn write(&self, verification: Verification) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            let request_id = verification.request_id;
            tracing::warn!(request_id, "audit record dropped: too many are waiting");
            return;
        };
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let request_id = verification.request_id.clone();
            if let Err(error) = store.record_verification(verification).await {
                tracing::warn!(request_id, %error, "audit record not written");
            }
            drop(slot);
        });
    }

    /// Waits until every record that was taken is written or has failed.
    pub async fn finish(&self) {
        // Fails only when the semaphore is closed, which nothing does.
        let _ = self.slots.acquire_many(SLOTS).await;
    }
}
