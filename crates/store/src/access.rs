//! Other ways into an account than its token: API keys and one-time login codes. Both are stored as hashes only.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::client::Client;
use crate::error::StoreError;
use crate::ids::{ApiKeyId, ClientId};

/// An API key, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The account that it opens.
    pub client: ClientId,
    /// What the operator calls it.
    pub label: String,
    /// The first characters of the key, to recognise it by.
    pub prefix: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute; `None`: never.
    pub last_used_at: Option<OffsetDateTime>,
}

/// An API key to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What is kept of the key: a keyed hash.
    pub hash: [u8; 32],
    /// What the operator calls it.
    pub label: String,
    /// The first characters of the key, to recognise it by.
    pub prefix: String,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// What can be done with API keys.
#[async_trait]
pub trait ApiKeys {
    /// Keeps a new key. `ApiKeyTaken` when its hash is known already; `ClientNotFound`.
    async fn create_api_key(&self, client: ClientId, new: NewApiKey) -> Result<ApiKey, StoreError>;

    /// A key by its hash, and the account that it opens, also when that is disabled.
    async fn client_of_api_key(
        &self,
        hash: [u8; 32],
    ) -> Result<Option<(ApiKey, Client)>, StoreError>;

    /// Notes that a key was used now; a key that is gone is no error.
    async fn note_api_key_use(&self, key: ApiKeyId) -> Result<(), StoreError>;

    /// Keeps another hash of a key, as after a change of the secret that keys the hashes; a key that is gone is no error. `ApiKeyTaken`
    /// when the hash is known already.
    async fn rehash_api_key(&self, key: ApiKeyId, hash: [u8; 32]) -> Result<(), StoreError>;

    /// The account's keys, oldest first.
    async fn api_keys(&self, client: ClientId) -> Result<Vec<ApiKey>, StoreError>;

    /// Deletes a key; whether there was one.
    async fn revoke_api_key(&self, client: ClientId, key: ApiKeyId) -> Result<bool, StoreError>;
}

/// Where a login code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginChannel {
    /// By e-mail.
    Email,
    /// By text message.
    Phone,
}

impl LoginChannel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// The answer to a login code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// It was right; it cannot be used again.
    Accepted,
    /// It was wrong, or there is none, or it is too old, or it was tried too often: nobody should be told which.
    Refused,
}

/// What can be done with one-time login codes. A code is short: its hash should be keyed (HMAC), so that who reads the
/// database cannot find it by trying.
#[async_trait]
pub trait LoginCodes {
    /// Keeps a code, in the place of an earlier one of the same account and channel. Or says `ClientNotFound`.
    async fn put_login_code(
        &self,
        client: ClientId,
        channel: LoginChannel,
        hash: [u8; 32],
        expires_at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Tries a code. Every try counts, also when many run at once; after `max_tries` wrong ones no code is right any more.
    async fn try_login_code(
        &self,
        client: ClientId,
        channel: LoginChannel,
        hash: [u8; 32],
        max_tries: u32,
    ) -> Result<CodeCheck, StoreError>;

    /// Deletes the codes of all accounts that are too old; how many there were.
    async fn prune_login_codes(&self) -> Result<u64, StoreError>;
}
