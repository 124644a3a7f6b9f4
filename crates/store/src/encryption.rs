//! Encryption at rest, as the server sees it. docs/SECURITY.md says what it is worth.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::ids::PersonId;
use crate::vault::Rotated;

/// What became of the data key of a deleted person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyFate {
    /// There was none, or nobody was deleted.
    #[default]
    None,
    /// It is destroyed.
    Destroyed,
    /// The key store could not be reached: it is destroyed as soon as it can.
    Pending,
}

/// Keeping what is stored sealed. All of it does nothing in a database that is not encrypted.
#[async_trait]
pub trait Encryption {
    /// Whether persons are sealed.
    fn is_encrypted(&self) -> bool;

    /// Seals at most `limit` of the persons who are in the clear; how many. 0: none is left. Several nodes may do it at once.
    async fn seal_some(&self, limit: u32) -> Result<u64, StoreError>;

    /// How many persons are in the clear.
    async fn count_clear(&self) -> Result<u64, StoreError>;

    /// Once nobody is in the clear any more: rids a SQLite file of what was; false when that was done before. Writers wait meanwhile.
    async fn wipe_clear(&self) -> Result<bool, StoreError>;

    /// Destroys data keys of deleted persons that could not be destroyed at once; how many.
    async fn destroy_pending(&self) -> Result<u64, StoreError>;

    /// Seals a text about each of these persons with the person's own data key, so that nobody reads it after the person was deleted;
    /// nothing for a person who is gone, or in the clear. It opens with this key store alone.
    async fn seal_for(
        &self,
        texts: Vec<(PersonId, Vec<u8>)>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// What [`Encryption::seal_for`] sealed for these persons; nothing where the key is destroyed. `Corrupt` for what it did not seal.
    async fn unseal_for(
        &self,
        sealed: Vec<(PersonId, Vec<u8>)>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Signs something with a key of the installation (HMAC-SHA-256); `None` where there is none.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Whether [`Encryption::sign`] of this installation signed this.
    fn is_signature(&self, message: &[u8], signature: &[u8]) -> bool;

    /// Wraps all data keys with the current master key of the source. Can be interrupted and begun again, also on several nodes at
    /// once. `progress` is told how many are done.
    async fn rotate_master(
        &self,
        progress: Box<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Rotated, StoreError>;
}
