//! Collections: named sets of persons that a search can be confined to.

use std::collections::HashMap;
use std::str::FromStr;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::change::Committed;
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionCode, CollectionId, InvalidId, PersonId};
use crate::query::{Field, FieldKind, Listing, Page};

/// A collection of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Its id, for paths.
    pub id: CollectionId,
    /// Its other name, for searches.
    pub code: CollectionCode,
    /// The account that owns it.
    pub client: ClientId,
    /// Several collections may have the same name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// An id in the caller's project system.
    pub project: Option<String>,
    /// Grows with every update.
    pub version: i64,
    /// Millisecond precision, UTC.
    pub created_at: OffsetDateTime,
    /// Millisecond precision, UTC.
    pub updated_at: OffsetDateTime,
}

/// Either name of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CollectionRef {
    /// 24 hex digits.
    Id(CollectionId),
    /// A UUID.
    Code(CollectionCode),
}

impl From<CollectionId> for CollectionRef {
    fn from(id: CollectionId) -> Self {
        Self::Id(id)
    }
}

impl From<CollectionCode> for CollectionRef {
    fn from(code: CollectionCode) -> Self {
        Self::Code(code)
    }
}

impl FromStr for CollectionRef {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse()
            .map(Self::Id)
            .or_else(|_| text.parse().map(Self::Code))
    }
}

/// A collection to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCollection {
    /// Any text.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// An id in the caller's project system.
    pub project: Option<String>,
    /// No collection of the account may have this name yet: for dialects that know a collection by it.
    pub only_of_name: bool,
}

/// A partial update of a collection: `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectionUpdate {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<Option<String>>,
    /// A new project.
    pub project: Option<Option<String>>,
    /// Exactly who is in it from now on.
    pub people: Option<Vec<PersonId>>,
}

/// What collections can be filtered and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionField {
    /// The id.
    Id,
    /// The code.
    Code,
    /// The name, in any case.
    Name,
    /// The description.
    Description,
    /// The project.
    Project,
    /// The version counter.
    Version,
    /// When it was created.
    CreatedAt,
    /// When it was last updated.
    UpdatedAt,
}

impl Field for CollectionField {
    fn column(self) -> (&'static str, FieldKind) {
        match self {
            Self::Id => ("id", FieldKind::Text),
            Self::Code => ("code", FieldKind::Uuid),
            Self::Name => ("search_name", FieldKind::Folded),
            Self::Description => ("description", FieldKind::Text),
            Self::Project => ("project", FieldKind::Text),
            Self::Version => ("version", FieldKind::Integer),
            Self::CreatedAt => ("created_at", FieldKind::Moment),
            Self::UpdatedAt => ("updated_at", FieldKind::Moment),
        }
    }
}

/// What can be done with collections. A collection of another account is one that does not exist.
#[async_trait]
pub trait Collections {
    /// Creates an empty collection, or says `ClientNotFound` or `CollectionNameTaken`.
    async fn create_collection(
        &self,
        client: ClientId,
        new: NewCollection,
    ) -> Result<Collection, StoreError>;

    /// The collection of this id or code.
    async fn collection(
        &self,
        client: ClientId,
        collection: CollectionRef,
    ) -> Result<Option<Collection>, StoreError>;

    /// The account's collections of exactly this name, oldest first.
    async fn collections_by_name(
        &self,
        client: ClientId,
        name: &str,
    ) -> Result<Vec<Collection>, StoreError>;

    /// Those of the account's collections that the listing asks for.
    async fn collections(
        &self,
        client: ClientId,
        listing: Listing<CollectionField>,
    ) -> Result<Page<Collection>, StoreError>;

    /// How many persons are in each; an unknown collection is left out.
    async fn count_people(
        &self,
        client: ClientId,
        collections: Vec<CollectionId>,
    ) -> Result<HashMap<CollectionId, u64>, StoreError>;

    /// Changes what is given. `CollectionNotFound`; `PersonNotFound` when one of `people` is not the account's;
    /// `PersonAlreadySet` when two of them have the same name and date of birth.
    async fn update_collection(
        &self,
        client: ClientId,
        collection: CollectionRef,
        update: CollectionUpdate,
    ) -> Result<Committed<Collection>, StoreError>;

    /// Deletes it and returns what it was; its persons stay. Or says `CollectionNotFound`.
    async fn delete_collection(
        &self,
        client: ClientId,
        collection: CollectionRef,
    ) -> Result<Committed<Collection>, StoreError>;

    /// Deletes it with its persons, but for those who are in other collections too. Or says `CollectionNotFound`.
    async fn delete_collection_with_people(
        &self,
        client: ClientId,
        collection: CollectionRef,
    ) -> Result<Committed<Collection>, StoreError>;

    /// Puts `joining` in, those who are in it already included, after taking out those of `leaving` who are in it, and returns
    /// the latter; nobody is deleted. `CollectionNotFound`; `PersonNotFound` when one of `joining` is not the account's;
    /// `PersonAlreadySet` when another person of the same name and date of birth is in it.
    async fn change_people(
        &self,
        client: ClientId,
        collection: CollectionRef,
        joining: Vec<PersonId>,
        leaving: Vec<PersonId>,
    ) -> Result<Committed<Vec<PersonId>>, StoreError>;

    /// Moves those of `people` who are in `from` to `to`, and returns them. `CollectionNotFound`; `PersonNotFound` when one is
    /// not the account's; `PersonAlreadySet` when `to` has another person of the same name and date of birth.
    async fn move_people(
        &self,
        client: ClientId,
        from: CollectionRef,
        to: CollectionRef,
        people: Vec<PersonId>,
    ) -> Result<Committed<Vec<PersonId>>, StoreError>;
}
