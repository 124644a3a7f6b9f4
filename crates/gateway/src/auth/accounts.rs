//! Whether an account still stands by a token.

use std::sync::Arc;

use parking_lot::Mutex;
use store::{Catalog, Client, ClientId};
use subtle::ConstantTimeEq as _;

use super::{AuthError, Claims, remembered::Remembered};

/// Checks verified tokens against their accounts.
///
/// The database is asked on every request, so that a revocation holds at once. When it is away, the account as last seen
/// decides, so that liveness and compare go on.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Catalog>,
    seen: Arc<Mutex<Remembered<ClientId>>>,
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
        if let Some(client) = self.seen.lock().while_paused(id) {
            return Ok(client);
        }
        match self.store.client(id).await {
            Ok(found) => {
                self.seen.lock().remember(id, found.as_ref());
                found.ok_or(AuthError::UnknownClient)
            }
            Err(error) => Ok(self.seen.lock().after_failure(id, &error)?),
        }
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
}
