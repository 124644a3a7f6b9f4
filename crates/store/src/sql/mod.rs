//! The SQL of the store, one file per noun, and the [`Catalog`](crate::Catalog) made of it.

mod access;
mod audit;
mod backup;
mod changes;
mod clients;
mod collections;
pub(crate) mod encryption;
mod faces;
pub(crate) mod follow;
mod listing;
mod memberships;
mod persons;
mod reembedding;
mod retention;
mod stream;
mod vectors;

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::catalog::Catalog;
use crate::client::{Client, ClientUpdate, NewClient};
use crate::db::{Database, sql};
use crate::error::StoreError;
use crate::ids::ClientId;
use crate::open::DatabaseKind;

pub(crate) use vectors::Tables as VectorTables;

/// How many ids go into one statement.
const CHUNK: usize = 512;

/// Now, as exactly as moments are stored.
fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}

/// The moment `age` ago; none when that is longer than there is time, and nothing is that old.
fn before(age: Duration) -> Option<OffsetDateTime> {
    now().checked_sub(time::Duration::try_from(age).ok()?)
}

#[async_trait]
impl Catalog for Database {
    fn kind(&self) -> DatabaseKind {
        Database::kind(self)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.look(|tx| Box::pin(async { tx.row(sql("SELECT 1 AS alive")).await.map(drop) }))
            .await
    }

    async fn close(&self) {
        Database::close(self).await;
    }

    async fn client(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.look(move |tx| Box::pin(clients::by_id(tx, id))).await
    }

    async fn client_by_name(&self, name: &str) -> Result<Option<Client>, StoreError> {
        let name = name.to_owned();
        self.read(move |tx| Box::pin(clients::by_name(tx, name.clone())))
            .await
    }

    async fn client_by_email(&self, email: &str) -> Result<Option<Client>, StoreError> {
        let email = email.to_owned();
        self.read(move |tx| Box::pin(clients::by_email(tx, email.clone())))
            .await
    }

    async fn clients_by_phone(&self, phone: &str) -> Result<Vec<Client>, StoreError> {
        let phone = phone.to_owned();
        self.read(move |tx| Box::pin(clients::by_phone(tx, phone.clone())))
            .await
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        self.read(|tx| Box::pin(clients::all(tx))).await
    }

    async fn create_client(&self, new: NewClient) -> Result<Client, StoreError> {
        self.write(move |tx| Box::pin(clients::insert(tx, new.clone())))
            .await
    }

    async fn rotate_token_phrase(&self, id: ClientId) -> Result<Client, StoreError> {
        self.write(move |tx| Box::pin(clients::rotate_token_phrase(tx, id)))
            .await
    }

    async fn set_client_disabled(
        &self,
        id: ClientId,
        disabled: bool,
    ) -> Result<Client, StoreError> {
        self.write(move |tx| Box::pin(clients::set_disabled(tx, id, disabled)))
            .await
    }

    async fn update_client(
        &self,
        id: ClientId,
        update: ClientUpdate,
    ) -> Result<Client, StoreError> {
        self.write(move |tx| Box::pin(clients::update(tx, id, update.clone())))
            .await
    }
}
