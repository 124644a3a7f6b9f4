//! Signed receipts of deletions: what the one who asked for it can show later.
//!
//! A receipt is a compact JWS (HS256) under a key of the installation's key store. It says whose data was deleted and that the data key is
//! destroyed, so that no copy of the database yields the person any more.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};
use store::{Catalog, ClientId, Encryption, KeyFate, PersonId};
use time::OffsetDateTime;

/// What its head says it is.
const TYPE: &str = "rostro-deletion";

tokio::task_local! {
    /// What the request in this task deleted.
    static DELETED: Arc<Mutex<Vec<Deleted>>>;
}

#[derive(Clone, Copy)]
struct Deleted {
    client: ClientId,
    person: PersonId,
    key: KeyFate,
    at: OffsetDateTime,
}

/// The head of a receipt.
#[derive(Serialize, Deserialize)]
struct Head {
    alg: String,
    typ: String,
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The person, 24 hex digits.
    pub person: String,
    /// The account, 24 hex digits.
    pub account: String,
    /// When, in seconds since 1970.
    pub iat: i64,
    /// The request's id, as in the log.
    pub request: String,
    /// `destroyed`; `scheduled`: as soon as the key store can be reached; `none`: the person was not encrypted yet.
    pub key: String,
}

/// Notes a deletion that is durable. Outside of a request nothing is noted.
pub(super) fn note(client: ClientId, person: PersonId, key: KeyFate) {
    let deleted = Deleted {
        client,
        person,
        key,
        at: OffsetDateTime::now_utc(),
    };
    let _ = DELETED.try_with(|all| {
        all.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(deleted);
    });
}

/// Does the work of a request; with its outcome come the receipts of what it deleted. There are none where nothing is encrypted.
pub async fn with_receipts<T>(
    store: &dyn Catalog,
    request: &str,
    work: impl Future<Output = T>,
) -> (T, Vec<String>) {
    let all = Arc::new(Mutex::new(Vec::new()));
    let done = DELETED.scope(Arc::clone(&all), work).await;
    let all = std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
    let receipts = all.into_iter().filter_map(|deleted| {
        let receipt = Receipt {
            person: deleted.person.to_string(),
            account: deleted.client.to_string(),
            iat: deleted.at.unix_timestamp(),
            request: request.to_owned(),
            key: match deleted.key {
                KeyFate::Destroyed => "destroyed",
                KeyFate::Pending => "scheduled",
                KeyFate::None => "none",
            }
            .to_owned(),
        };
        receipt.sign(store)
    });
    (done, receipts.collect())
}

impl Receipt {
    /// The receipt as text; `None` when there is no key to sign it with.
    fn sign<S: Encryption + ?Sized>(&self, store: &S) -> Option<String> {
        let head = Head {
            alg: "HS256".to_owned(),
            typ: TYPE.to_owned(),
        };
        let part = |json: serde_json::Result<Vec<u8>>| json.ok().map(|json| BASE64.encode(json));
        let head = part(serde_json::to_vec(&head))?;
        let signed = format!("{head}.{}", part(serde_json::to_vec(self))?);
        let signature = BASE64.encode(store.sign(signed.as_bytes())?);
        Some(format!("{signed}.{signature}"))
    }

    /// What a receipt of this installation says; `None` for anything else.
    pub fn verify<S: Encryption + ?Sized>(text: &str, store: &S) -> Option<Self> {
        let (signed, signature) = text.trim().rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        if !store.is_signature(signed.as_bytes(), &signature) {
            return None;
        }
        let (head, body) = signed.split_once('.')?;
        let head: Head = serde_json::from_slice(&BASE64.decode(head).ok()?).ok()?;
        let body = BASE64.decode(body).ok()?;
        (head.alg == "HS256" && head.typ == TYPE).then(|| serde_json::from_slice(&body).ok())?
    }
}
