//! The trait over both databases.

use async_trait::async_trait;

use crate::access::{ApiKeys, LoginCodes};
use crate::audit::Audit;
use crate::backup::Backup;
use crate::change::Changes;
use crate::client::{Client, ClientUpdate, NewClient};
use crate::collection::Collections;
use crate::encryption::Encryption;
use crate::error::StoreError;
use crate::face::Faces;
use crate::ids::ClientId;
use crate::open::DatabaseKind;
use crate::person::Persons;
use crate::reembedding::Reembedding;
use crate::retention::Retention;
use crate::vectors::Vectors;

/// Everything durable: accounts here, the rest in its supertraits. Cheap to share; every method may be called from any task and may be cancelled: a write that has
/// begun goes on without its caller.
#[async_trait]
pub trait Catalog:
    ApiKeys
    + LoginCodes
    + Collections
    + Persons
    + Faces
    + Reembedding
    + Changes
    + Backup
    + Encryption
    + Audit
    + Retention
    + Vectors
    + Send
    + Sync
    + 'static
{
    /// Which database this is.
    fn kind(&self) -> DatabaseKind;

    /// Asks the database for a sign of life.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Waits for what is being written, then closes all connections.
    async fn close(&self);

    /// The account of this id.
    async fn client(&self, id: ClientId) -> Result<Option<Client>, StoreError>;

    /// The account of exactly this name.
    async fn client_by_name(&self, name: &str) -> Result<Option<Client>, StoreError>;

    /// The account of this e-mail address, in any case.
    async fn client_by_email(&self, email: &str) -> Result<Option<Client>, StoreError>;

    /// The accounts with exactly this phone number; the country code is in their settings.
    async fn clients_by_phone(&self, phone: &str) -> Result<Vec<Client>, StoreError>;

    /// All accounts, by name.
    async fn clients(&self) -> Result<Vec<Client>, StoreError>;

    /// Creates an account, or says `ClientNameTaken` or `ClientEmailTaken`.
    async fn create_client(&self, new: NewClient) -> Result<Client, StoreError>;

    /// Gives the account a new token phrase: all its tokens die. Or says `ClientNotFound`.
    async fn rotate_token_phrase(&self, id: ClientId) -> Result<Client, StoreError>;

    /// Shuts an account out, or lets it in again. Or says `ClientNotFound`.
    async fn set_client_disabled(&self, id: ClientId, disabled: bool)
    -> Result<Client, StoreError>;

    /// Changes the fields that are given. Or says `ClientNotFound`, `ClientNameTaken` or `ClientEmailTaken`.
    async fn update_client(&self, id: ClientId, update: ClientUpdate)
    -> Result<Client, StoreError>;
}
