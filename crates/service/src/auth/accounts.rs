//! Whether an account still stands by a token.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use store::{Catalog, Client, ClientId, NewClient, StoreError};
use subtle::ConstantTimeEq as _;

use super::{AuthError, Claims, Identity, StoreAway, remembered::Remembered};

/// Names of accounts that are remembered; beyond that all are forgotten, and come back with their next request.
const MOST_NAMES: usize = 10_000;

/// Checks verified tokens against their accounts.
///
/// The database is asked on every request, so that a revocation holds at once. When it is away, the account as last seen
/// decides, so that liveness and compare go on.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Catalog>,
    seen: Arc<Mutex<Remembered<ClientId>>>,
    /// The accounts of identities.
    names: Arc<Mutex<HashMap<String, ClientId>>>,
}

impl Accounts {
    /// Accounts of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Catalog>) -> Self {
        Self {
            store,
            seen: Arc::default(),
            names: Arc::default(),
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

    /// The account that an identity provider's token speaks for, if it exists (or may be created), is not disabled and has not revoked its
    /// tokens since this one was issued.
    ///
    /// # Errors
    /// As [`Accounts::check`].
    pub async fn of_identity(&self, identity: &Identity) -> Result<Client, AuthError> {
        let client = self.named(identity).await?;
        let issued_from = i128::from(identity.issued_from) * 1_000_000_000;
        if client
            .tokens_from
            .is_some_and(|from| issued_from < from.unix_timestamp_nanos())
        {
            Err(AuthError::Revoked)
        } else if client.disabled {
            Err(AuthError::Disabled)
        } else {
            Ok(client)
        }
    }

    async fn named(&self, identity: &Identity) -> Result<Client, AuthError> {
        let name = &identity.account;
        let known = self.names.lock().get(name).copied();
        if let Some(client) = known.and_then(|id| self.seen.lock().while_paused(id)) {
            return Ok(client);
        }
        let found = if identity.create {
            find_or_create(&*self.store, name).await.map(Some)
        } else {
            self.store.client_by_name(name).await
        };
        match found {
            Ok(Some(client)) => {
                self.seen.lock().remember(client.id, Some(&client));
                let mut names = self.names.lock();
                if names.len() >= MOST_NAMES {
                    names.clear();
                }
                names.insert(name.clone(), client.id);
                Ok(client)
            }
            Ok(None) => {
                self.names.lock().remove(name);
                Err(AuthError::UnknownClient)
            }
            Err(error) => match known {
                Some(id) => Ok(self.seen.lock().after_failure(id, &error)?),
                None => Err(StoreAway.into()),
            },
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

/// The account of this name, created when there is none.
///
/// # Errors
/// The database.
pub async fn find_or_create(store: &dyn Catalog, name: &str) -> Result<Client, StoreError> {
    if let Some(client) = store.client_by_name(name).await? {
        return Ok(client);
    }
    let new = NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    };
    match store.create_client(new).await {
        // Another process was faster.
        Err(StoreError::ClientNameTaken) => {
            let found = store.client_by_name(name).await?;
            found.ok_or(StoreError::ClientNotFound)
        }
        created => created,
    }
}

#[cfg(test)]
mod tests {
    use store::StoreOptions;

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
