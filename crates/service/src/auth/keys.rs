//! API keys: what they look like, what is kept of them, and whether one opens an account.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName};
use parking_lot::Mutex;
use rand::{TryRng as _, rngs::SysRng};
use sha2::{Digest as _, Sha256, Sha512};
use store::{ApiKeyId, Catalog, Client};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    Secrets, SigningSecret, StoreAway,
    remembered::{Account, Remembered},
};
use crate::limits::Wait;

/// The header that carries a key.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What every key starts with, so that a leaked one is recognised.
const MARK: &str = "rk_";

/// Characters of a key that are kept to recognise it by.
const SHOWN: usize = 9;

/// Longest text that is looked at.
const LONGEST: usize = 256;

/// How often the use of one key is written down.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Keys whose last note is remembered; beyond that they are noted more often.
const MOST_NOTES: usize = 10_000;

/// Why a key does not open the door. Each dialect maps it to its own bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `x-api-key` header, or an empty one.
    #[error("no API key")]
    Missing,
    /// No key of ours, or a revoked one.
    #[error("the API key is not valid")]
    NotValid,
    /// The key's account is disabled.
    #[error("account disabled")]
    Disabled,
    /// The database is away and this key was not seen before.
    #[error("the database is unreachable")]
    StoreUnavailable,
    /// The account asks for more than it may.
    #[error("too many requests")]
    TooManyRequests(Wait),
}

impl From<StoreAway> for KeyError {
    fn from(_: StoreAway) -> Self {
        Self::StoreUnavailable
    }
}

impl KeyError {
    /// Name for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "key_missing",
            Self::NotValid => "key_not_valid",
            Self::Disabled => "disabled",
            Self::StoreUnavailable => "store_unavailable",
            Self::TooManyRequests(_) => "too_many_requests",
        }
    }
}

/// A key in clear. Shown once, at its creation; wiped from memory when dropped.
#[derive(ZeroizeOnDrop)]
pub struct ApiKeyText(String);

impl ApiKeyText {
    /// A new key: 256 random bits.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random() -> std::io::Result<Self> {
        let mut random = Zeroizing::new([0_u8; 32]);
        SysRng
            .try_fill_bytes(&mut *random)
            .map_err(std::io::Error::other)?;
        Ok(Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(*random))))
    }

    /// The key itself, to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its first characters, to recognise it by.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.chars().take(SHOWN).collect()
    }
}

impl std::fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKeyText(***)")
    }
}

/// Makes of a key what is kept of it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct KeyHasher([u8; 64]);

impl KeyHasher {
    /// With a key made from the signing secret: all nodes that accept each other's tokens accept each other's API keys, and who
    /// can write to the database alone cannot make a key of his own.
    #[must_use]
    pub fn new(secret: &SigningSecret) -> Self {
        let mut hash = Sha512::new();
        hash.update(b"rostro API key, version 1\0");
        hash.update(secret.bytes());
        Self(hash.finalize().into())
    }

    /// HMAC-SHA-256 of the key.
    #[must_use]
    pub fn hash(&self, key: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(key.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHasher(***)")
    }
}

/// The key in the request's `x-api-key` header.
///
/// # Errors
/// [`KeyError::Missing`] without header or key, [`KeyError::NotValid`] on several headers and on what no key can be.
pub fn key_of(headers: &HeaderMap) -> Result<&str, KeyError> {
    let mut all = headers.get_all(API_KEY).iter();
    let first = all.next().ok_or(KeyError::Missing)?;
    if all.next().is_some() {
        return Err(KeyError::NotValid);
    }
    let key = first.to_str().map_err(|_| KeyError::NotValid)?.trim();
    match key.len() {
        0 => Err(KeyError::Missing),
        length if length > LONGEST => Err(KeyError::NotValid),
        _ => Ok(key),
    }
}

/// A key that is good, and the account that it opens.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The key.
    pub key: ApiKeyId,
    /// The account.
    pub client: Client,
}

impl Account for Keyed {
    fn client(&self) -> &Client {
        &self.client
    }
}

/// Checks keys.
///
/// The database is asked on every request, so that a revocation holds at once. When it is away, the account as last seen
/// decides, so that liveness and compare go on.
pub struct Keys {
    store: Arc<dyn Catalog>,
    /// First that of the secret in force.
    hashers: Vec<KeyHasher>,
    seen: Mutex<Remembered<[u8; 32], Keyed>>,
    noted: Mutex<HashMap<ApiKeyId, Instant>>,
}

impl Keys {
    /// The keys of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Catalog>, secrets: &Secrets) -> Self {
        Self {
            store,
            hashers: secrets.all().map(KeyHasher::new).collect(),
            seen: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    /// The account of the key in the request's headers. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Every [`KeyError`].
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Keyed, KeyError> {
        let keyed = self.known(key_of(headers)?).await?;
        if keyed.client.disabled {
            Err(KeyError::Disabled)
        } else {
            Ok(keyed)
        }
    }

    /// The account of a key that is kept under the hash of any of the secrets. One that is kept under an earlier secret's is kept
    /// under that of the secret in force from now on.
    async fn known(&self, key: &str) -> Result<Keyed, KeyError> {
        let mut refusal = KeyError::NotValid;
        let mut newest = None;
        for hasher in &self.hashers {
            let hash = hasher.hash(key);
            match self.account(hash).await {
                Ok((keyed, current)) => {
                    if current {
                        self.note(keyed.key, newest);
                    }
                    return Ok(keyed);
                }
                Err(KeyError::NotValid) => {}
                Err(error) => refusal = error,
            }
            newest = newest.or(Some(hash));
        }
        Err(refusal)
    }

    /// What the hash opens, and whether the database said so just now.
    async fn account(&self, hash: [u8; 32]) -> Result<(Keyed, bool), KeyError> {
        if let Some(keyed) = self.seen.lock().while_paused(hash) {
            return Ok((keyed, false));
        }
        match self.store.client_of_api_key(hash).await {
            Ok(Some((key, client))) => {
                let keyed = Keyed {
                    key: key.id,
                    client,
                };
                self.seen.lock().remember(hash, Some(&keyed));
                Ok((keyed, true))
            }
            Ok(None) => {
                self.seen.lock().remember(hash, None);
                Err(KeyError::NotValid)
            }
            Err(error) => Ok((self.seen.lock().after_failure(hash, &error)?, false)),
        }
    }

    /// Has the use of a key written down, in the background and not too often, with the hash that it is to be kept under, if that is
    /// another than until now.
    fn note(&self, key: ApiKeyId, hash: Option<[u8; 32]>) {
        let now = Instant::now();
        let mut noted = self.noted.lock();
        if noted
            .get(&key)
            .is_some_and(|last| now.duration_since(*last) < NOTED_EVERY)
        {
            return;
        }
        if noted.len() >= MOST_NOTES {
            noted.clear();
        }
        noted.insert(key, now);
        drop(noted);
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let written = async {
                if let Some(hash) = hash {
                    store.rehash_api_key(key, hash).await?;
                }
                store.note_api_key_use(key).await
            };
            if let Err(error) = written.await {
                tracing::warn!(%error, "the use of an API key was not written down");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use http::HeaderValue;
    use store::{NewApiKey, NewClient, StoreOptions};

    use super::*;
    use crate::config::Secret;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::load(&Secret::new(text), Path::new("")).unwrap()
    }

    fn headers(keys: &[&str]) -> HeaderMap {
        let value = |key: &&str| (API_KEY, HeaderValue::from_str(key).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in keys.iter().map(value) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn keys_are_long_random_and_not_shown() {
        let (one, two) = (ApiKeyText::random().unwrap(), ApiKeyText::random().unwrap());
        assert_ne!(one.expose(), two.expose());
        assert!(one.expose().starts_with("rk_") && one.expose().len() == 46);
        assert!(one.expose().starts_with(&one.prefix()) && one.prefix().len() == SHOWN);
        assert!(!format!("{one:?}").contains(&one.expose()[3..]));
    }

    #[test]
    fn the_hash_is_keyed() {
        let ours = KeyHasher::new(&secret("0123456789abcdef0123456789abcdef"));
        let other = KeyHasher::new(&secret("another secret of 32 bytes or so"));
        assert_eq!(ours.hash("rk_a"), ours.hash("rk_a"));
        assert_ne!(ours.hash("rk_a"), ours.hash("rk_b"));
        assert_ne!(ours.hash("rk_a"), other.hash("rk_a"));
        assert_ne!(ours.hash("rk_a"), <[u8; 32]>::from(Sha256::digest("rk_a")));
    }

    #[test]
    fn the_header() {
        assert_eq!(key_of(&headers(&["rk_a"])), Ok("rk_a"));
        assert_eq!(key_of(&headers(&[])), Err(KeyError::Missing));
        assert_eq!(key_of(&headers(&["  "])), Err(KeyError::Missing));
        assert_eq!(key_of(&headers(&["rk_a", "rk_a"])), Err(KeyError::NotValid));
        let long = "k".repeat(LONGEST + 1);
        assert_eq!(key_of(&headers(&[&long])), Err(KeyError::NotValid));
        let mut odd = HeaderMap::new();
        odd.insert(API_KEY, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert_eq!(key_of(&odd), Err(KeyError::NotValid));
    }

    #[tokio::test]
    async fn revoking_and_disabling_hold_at_once_and_a_lost_database_leaves_known_keys_in() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let store = store::open(&url, &StoreOptions::default()).await.unwrap();
        let new = NewClient {
            name: "a".into(),
            ..NewClient::default()
        };
        let client = store.create_client(new).await.unwrap();
        let secret = secret("0123456789abcdef0123456789abcdef");
        let keys = Keys::new(Arc::clone(&store), &secret.clone().into());
        let create = async |key: &str| {
            let new = NewApiKey {
                hash: KeyHasher::new(&secret).hash(key),
                label: "l".into(),
                prefix: key.into(),
            };
            store.create_api_key(client.id, new).await.unwrap()
        };
        let (one, _) = (create("rk_one").await, create("rk_two").await);
        let check = async |key: &str| keys.authenticate(&headers(&[key])).await;
        assert_eq!(check("rk_one").await.unwrap().client.id, client.id);
        assert_eq!(check("rk_one").await.unwrap().key, one.id);
        assert_eq!(check("rk_other").await.unwrap_err(), KeyError::NotValid);
        store.revoke_api_key(client.id, one.id).await.unwrap();
        assert_eq!(check("rk_one").await.unwrap_err(), KeyError::NotValid);
        store.set_client_disabled(client.id, true).await.unwrap();
        assert_eq!(check("rk_two").await.unwrap_err(), KeyError::Disabled);
        store.set_client_disabled(client.id, false).await.unwrap();
        check("rk_two").await.unwrap();
        create("rk_three").await;
        store.close().await;
        for _ in 0..2 {
            check("rk_two").await.unwrap();
            assert!(check("rk_one").await.is_err());
            let unseen = check("rk_three").await.unwrap_err();
            assert_eq!(unseen, KeyError::StoreUnavailable);
        }
    }
}
