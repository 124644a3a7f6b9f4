//! Whether an account still stands by a token.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use store::{Catalog, Client, ClientId, StoreError};
use subtle::ConstantTimeEq as _;

use super::{AuthError, Claims};

/// Accounts remembered for when the database is away.
const REMEMBERED: usize = 10_000;

/// After the database failed, how long it is not asked again: stateless routes then do not wait for its time-outs.
const PAUSE: Duration = Duration::from_secs(1);

/// Checks verified tokens against their accounts.
///
/// The database is asked on every request, so that a revocation holds at once. When it is away, the account as last seen
/// decides, so that liveness and compare go on.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Catalog>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    clients: HashMap<ClientId, Client>,
    paused_until: Option<Instant>,
}

impl Accounts {
    /// Accounts of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Catalog>) -> Self {
        Self {
            store,
            seen: Arc::default(),
        }
    }

    /// The account that `claims` speak for, if it exists, is not disabled and has not revoked the token.
    ///
    /// # Errors
    /// [`AuthError::UnknownClient`], [`AuthError::Revoked`], [`AuthError::Disabled`]; [`AuthError::StoreUnavailable`] when
    /// the database is away and the account was not seen before.
    pub async fn check(&self, claims: &Claims) -> Result<Client, AuthError> {
        let client = self.current(claims.client).await?;
        if !bool::from(
            client
                .token_phrase
                .as_bytes()
                .ct_eq(claims.phrase.as_bytes()),
        ) {
            return Err(AuthError::Revoked);
        }
        if client.disabled {
            Err(AuthError::Disabled)
        } else {
            Ok(client)
        }
    }

    /// Takes note of an account as this node has just changed it: what was revoked stays so when the database goes away now.
    pub fn note(&self, client: &Client) {
        self.seen.lock().remember(client.id, Some(client));
    }

    async fn current(&self, id: ClientId) -> Result<Client, AuthError> {
        if let Some(client) = self.while_paused(id) {
            return Ok(client);
        }
        match self.store.client(id).await {
            Ok(found) => {
                self.seen.lock().remember(id, found.as_ref());
                found.ok_or(AuthError::UnknownClient)
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the account could not be read; the last known state decides"
                );
                self.after_failure(id, &error)
            }
        }
    }

    fn while_paused(&self, id: ClientId) -> Option<Client> {
        let seen = self.seen.lock();
        seen.paused_until.filter(|until| Instant::now() < *until)?;
        seen.clients.get(&id).cloned()
    }

    fn after_failure(&self, id: ClientId, error: &StoreError) -> Result<Client, AuthError> {
        let mut seen = self.seen.lock();
        if matches!(error, StoreError::Unavailable(_)) {
            seen.paused_until = Some(Instant::now() + PAUSE);
        }
        seen.clients
            .get(&id)
            .cloned()
            .ok_or(AuthError::StoreUnavailable)
    }
}

impl Seen {
    fn remember(&mut self, id: ClientId, client: Option<&Client>) {
        self.paused_until = None;
        let Some(client) = client else {
            self.clients.remove(&id);
            return;
        };
        // A slow reader must not bring back what was changed meanwhile.
        let newer = |seen: &Client| seen.updated_at > client.updated_at;
        if self.clients.get(&id).is_some_and(newer) {
            return;
        }
        if self.clients.len() >= REMEMBERED && !self.clients.contains_key(&id) {
            // Any one: a map's order is random enough, and the next request brings it back.
            if let Some(any) = self.clients.keys().next().copied() {
                self.clients.remove(&any);
            }
        }
        self.clients.insert(id, client.clone());
    }
}

#[cfg(test)]
mod tests {
    use store::{NewClient, StoreOptions};

    use super::*;

    async fn account() -> (Arc<dyn Catalog>, Client, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let store = store::open(&url, &StoreOptions::default()).await.unwrap();
        let client = store
            .create_client(NewClient {
                name: "a".into(),
                ..NewClient::default()
            })
            .await
            .unwrap();
        (store, client, folder)
    }

    fn claims(client: &Client) -> Claims {
        Claims {
            client: client.id,
            phrase: client.token_phrase.clone(),
            expires_at: None,
            iat: None,
            exp: None,
            nbf: None,
            p: None,
        }
    }

    #[tokio::test]
    async fn revoking_and_disabling_hold_at_once() {
        let (store, client, _folder) = account().await;
        let accounts = Accounts::new(Arc::clone(&store));
        let old = claims(&client);
        assert_eq!(accounts.check(&old).await.unwrap().id, client.id);
        let rotated = store.rotate_token_phrase(client.id).await.unwrap();
        assert_eq!(accounts.check(&old).await.unwrap_err(), AuthError::Revoked);
        assert!(accounts.check(&claims(&rotated)).await.is_ok());
        store.set_client_disabled(client.id, true).await.unwrap();
        assert_eq!(
            accounts.check(&claims(&rotated)).await.unwrap_err(),
            AuthError::Disabled
        );
        // Who holds an old token does not learn that the account is disabled.
        assert_eq!(accounts.check(&old).await.unwrap_err(), AuthError::Revoked);
        let unknown = Claims {
            client: ClientId::random(),
            ..old
        };
        assert_eq!(
            accounts.check(&unknown).await.unwrap_err(),
            AuthError::UnknownClient
        );
    }

    #[tokio::test]
    async fn a_lost_database_leaves_known_accounts_in_as_last_seen() {
        let (store, client, _folder) = account().await;
        let other = store
            .create_client(NewClient {
                name: "b".into(),
                ..NewClient::default()
            })
            .await
            .unwrap();
        let accounts = Accounts::new(Arc::clone(&store));
        accounts.check(&claims(&client)).await.unwrap();
        store.close().await;
        for _ in 0..2 {
            assert_eq!(
                accounts.check(&claims(&client)).await.unwrap().id,
                client.id
            );
            assert_eq!(
                accounts.check(&claims(&other)).await.unwrap_err(),
                AuthError::StoreUnavailable
            );
            let wrong = Claims {
                phrase: "wrong".into(),
                ..claims(&client)
            };
            assert_eq!(
                accounts.check(&wrong).await.unwrap_err(),
                AuthError::Revoked
            );
        }
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let (_store, client, _folder) = account().await;
        let mut seen = Seen::default();
        for _ in 0..REMEMBERED + 10 {
            seen.remember(ClientId::random(), Some(&client));
        }
        assert_eq!(seen.clients.len(), REMEMBERED);
    }
}
