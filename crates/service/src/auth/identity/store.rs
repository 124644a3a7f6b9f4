//! The key set as last read.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use anyhow::Result;
use jsonwebtoken::Algorithm;
use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::{
    keys::{self, PublicKey},
    source::Source,
};
use crate::auth::AuthError;

/// How long a key set is used that could not be read anew.
const STALE: Duration = Duration::from_secs(86_400);

/// Between two readings that tokens with an unknown key ask for: whoever makes such tokens up must not make us a burden to the provider.
const PAUSE: Duration = Duration::from_secs(30);

/// The keys of a provider, read again and again.
pub(super) struct KeyStore {
    source: Source,
    allowed: Vec<Algorithm>,
    known: RwLock<Option<Known>>,
    /// When a token last had the keys read.
    asked: Mutex<Option<Instant>>,
}

struct Known {
    keys: Vec<PublicKey>,
    at: Instant,
}

/// What the keys at hand say to a token.
enum Found {
    Key(Box<PublicKey>),
    Unknown,
    NoKeys,
}

impl KeyStore {
    /// The keys at `place` for the algorithms `allowed`, read now and every `refresh` in the background.
    pub(super) async fn start(
        place: &str,
        allowed: Vec<Algorithm>,
        refresh: Duration,
    ) -> Result<Arc<Self>> {
        let store = Arc::new(Self {
            source: Source::new(place)?,
            allowed,
            known: RwLock::default(),
            asked: Mutex::default(),
        });
        let read = store.read().await;
        tokio::spawn(follow(Arc::downgrade(&store), refresh, read));
        Ok(store)
    }

    /// The key `id`, or the only one for `algorithm` where the token names none.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<PublicKey, AuthError> {
        let mut found = self.look(id, algorithm);
        if !matches!(found, Found::Key(_)) {
            self.ask().await;
            found = self.look(id, algorithm);
        }
        match found {
            Found::Key(key) => Ok(*key),
            Found::Unknown => Err(AuthError::BadSignature),
            Found::NoKeys => Err(AuthError::KeysUnavailable),
        }
    }

    /// Reads the keys anew; whether it did.
    pub(super) async fn read(&self) -> bool {
        let read = self.source.read().await;
        match read.and_then(|text| keys::parse(&text, &self.allowed)) {
            Ok(keys) => {
                tracing::debug!(keys = keys.len(), "the identity provider's keys were read");
                let at = Instant::now();
                *self.known.write() = Some(Known { keys, at });
                true
            }
            Err(reason) => {
                tracing::warn!(
                    reason,
                    "the identity provider's keys cannot be read (auth.identity_provider.jwks); those read last are used for a day"
                );
                false
            }
        }
    }

    fn look(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let known = self.known.read();
        let Some(known) = known.as_ref().filter(|known| known.at.elapsed() < STALE) else {
            return Found::NoKeys;
        };
        let mut fitting = known.keys.iter().filter(|key| {
            key.algorithm == algorithm && id.is_none_or(|id| key.id.as_deref() == Some(id))
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Found::Key(Box::new(key.clone())),
            // Of several that the token does not tell apart, none is tried: a provider that rotates its keys names them.
            _ => Found::Unknown,
        }
    }

    /// Reads the keys because of a token, unless that was done a moment ago. Who comes meanwhile waits for the same reading.
    async fn ask(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() >= PAUSE) {
            *asked = Some(Instant::now());
            self.read().await;
        }
    }
}

/// Reads the keys as long as somebody needs them.
async fn follow(store: Weak<KeyStore>, refresh: Duration, mut read: bool) {
    loop {
        tokio::time::sleep(if read { refresh } else { refresh.min(PAUSE) }).await;
        let Some(store) = store.upgrade() else {
            return;
        };
        read = store.read().await;
    }
}
