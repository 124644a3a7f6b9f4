//! Taking an account out of one database and into another.

use std::fmt;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::change::Committed;
use crate::collection::Collection;
use crate::error::StoreError;
use crate::face::NewFace;
use crate::ids::{ClientId, FaceId};
use crate::person::Person;

/// Everything about one person: what [`Person`] shows, and what it does not.
#[derive(Clone, PartialEq)]
pub struct PersonRecord {
    /// The person. Its `faces` are empty here; of its `collections` only the ids and times matter.
    pub person: Person,
    /// Whether others of the same name and date of birth may be in one collection with it.
    pub namesakes: bool,
    /// The faces in order, with their ids, pictures and templates.
    pub faces: Vec<(FaceId, NewFace)>,
}

impl fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonRecord")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

/// One thing of an account.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A collection. All collections come before the first person.
    Collection(Collection),
    /// A person.
    Person(Box<PersonRecord>),
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is there now.
    Created,
    /// It was there before, and stays as it was.
    Existed,
}

/// Export and import of accounts.
#[async_trait]
pub trait Backup {
    /// All collections and persons of an account, as of one moment. It ends after the first error.
    fn export_account(&self, client: ClientId) -> BoxStream<'static, Result<Record, StoreError>>;

    /// Puts a record into an account under its own ids, times and versions; doing it again changes nothing.
    /// `IdTaken` when another account has one of the ids (or the external id belongs to another person: `ExternalIdTaken`);
    /// for a person `CollectionNotFound` and `PersonAlreadySet`.
    async fn import_record(
        &self,
        client: ClientId,
        record: Record,
    ) -> Result<Committed<Imported>, StoreError>;
}
