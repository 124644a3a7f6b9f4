//! The nodes on one database that divide the search indexes among themselves.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::change::Revision;
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionId, PersonId};

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Where the other nodes reach it.
    pub address: String,
    /// Its process.
    pub id: Uuid,
    /// What its settings let it hold. The store does not read it.
    pub hold: String,
    /// What it holds now. The store does not read it.
    pub serves: String,
}

/// A node as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it said last.
    pub said: Beat,
    /// How long ago, by the clock of the database.
    pub age: Duration,
}

/// What nodes know of each other, and what they ask to divide the work.
#[async_trait]
pub trait Nodes {
    /// Notes a sign of life, and gives all nodes, this one included, as [`Nodes::nodes`] does. Those that gave none for a day are
    /// forgotten.
    async fn beat(&self, beat: Beat) -> Result<Vec<Node>, StoreError>;

    /// All nodes, by address.
    async fn nodes(&self) -> Result<Vec<Node>, StoreError>;

    /// The collections of an account, and the revision as of which these are all.
    async fn collections_of(
        &self,
        client: ClientId,
    ) -> Result<(Revision, Vec<CollectionId>), StoreError>;

    /// At most `limit` of the account's persons that are in no collection, by id, from behind `after` on.
    async fn loose_persons(
        &self,
        client: ClientId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError>;
}
