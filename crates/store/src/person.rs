//! Persons.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use serde_json::{Map, Value};
use time::{Date, OffsetDateTime};

use crate::change::Committed;
use crate::collection::CollectionRef;
use crate::error::StoreError;
use crate::face::{Face, NewFace};
use crate::ids::{ClientId, CollectionCode, CollectionId, FaceId, InvalidId, PersonId};
use crate::query::{Field, FieldKind, Listing, Page};

/// Gender, as the dialects know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// `M`
    Male,
    /// `F`
    Female,
}

impl Gender {
    /// The letter of the dialects.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }
}

impl FromStr for Gender {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "M" => Ok(Self::Male),
            "F" => Ok(Self::Female),
            _ => Err(InvalidId),
        }
    }
}

/// A collection, as a person shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The collection's id.
    pub id: CollectionId,
    /// The collection's code.
    pub code: CollectionCode,
    /// The collection's name.
    pub name: String,
    /// Since when the person is in it; millisecond precision, UTC.
    pub added_at: OffsetDateTime,
}

/// A person with faces and collections.
#[derive(Clone, PartialEq)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// The account that owns it.
    pub client: ClientId,
    /// The caller's own id, unique within the account.
    pub external_id: Option<String>,
    /// Any text.
    pub name: String,
    /// If given.
    pub gender: Option<Gender>,
    /// If given.
    pub date_of_birth: Option<Date>,
    /// Free text.
    pub nationality: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// As given.
    pub emails: Vec<String>,
    /// As given.
    pub phones: Vec<String>,
    /// Whatever a dialect keeps beside.
    pub metadata: Map<String, Value>,
    /// Of the check at enrolment, if there was one.
    pub liveness_score: Option<f32>,
    /// Oldest membership first.
    pub collections: Vec<Membership>,
    /// In the order of enrolment.
    pub faces: Vec<Face>,
    /// Grows with every update, from 0.
    pub version: i64,
    /// Millisecond precision, UTC.
    pub created_at: OffsetDateTime,
    /// Millisecond precision, UTC.
    pub updated_at: OffsetDateTime,
}

// By hand: personal data.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("client", &self.client)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A person to enrol.
#[derive(Clone, Default, PartialEq)]
pub struct NewPerson {
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Any text.
    pub name: String,
    /// If given.
    pub gender: Option<Gender>,
    /// If given.
    pub date_of_birth: Option<Date>,
    /// Free text.
    pub nationality: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// As given.
    pub emails: Vec<String>,
    /// As given.
    pub phones: Vec<String>,
    /// Whatever a dialect keeps beside.
    pub metadata: Map<String, Value>,
    /// Of the check at enrolment, if there was one.
    pub liveness_score: Option<f32>,
    /// Where the person is to be found; possibly nowhere in particular.
    pub collections: Vec<CollectionRef>,
    /// In order.
    pub faces: Vec<NewFace>,
    /// Several persons of this name and date of birth may be in one collection: for dialects without that rule.
    pub namesakes: bool,
}

/// A partial update of a person: `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Default, PartialEq)]
pub struct PersonUpdate {
    /// A new name.
    pub name: Option<String>,
    /// A new gender.
    pub gender: Option<Option<Gender>>,
    /// A new date of birth.
    pub date_of_birth: Option<Option<Date>>,
    /// A new nationality.
    pub nationality: Option<Option<String>>,
    /// New notes.
    pub notes: Option<Option<String>>,
    /// All addresses.
    pub emails: Option<Vec<String>>,
    /// All numbers.
    pub phones: Option<Vec<String>>,
    /// All metadata.
    pub metadata: Option<Map<String, Value>>,
    /// A new liveness score.
    pub liveness_score: Option<Option<f32>>,
    /// Exactly the collections from now on.
    pub collections: Option<Vec<CollectionRef>>,
    /// Exactly the faces from now on: they replace all earlier ones.
    pub faces: Option<Vec<NewFace>>,
    /// Faces to remove, by id; each must be the person's.
    pub removed_faces: Vec<FaceId>,
    /// Faces to add behind those that are left.
    pub added_faces: Vec<NewFace>,
}

/// What became of a person that was taken out of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detached {
    /// Still in other collections.
    Kept,
    /// It was the last collection: the person is deleted.
    Deleted,
}

/// What persons can be filtered and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonField {
    /// The id.
    Id,
    /// The caller's own id.
    ExternalId,
    /// The name, in any case.
    Name,
    /// `M` or `F`.
    Gender,
    /// The date of birth.
    DateOfBirth,
    /// The nationality.
    Nationality,
    /// The notes.
    Notes,
    /// The e-mail addresses.
    Emails,
    /// The phone numbers.
    Phones,
    /// The version counter.
    Version,
    /// When it was created.
    CreatedAt,
    /// When it was last updated.
    UpdatedAt,
}

impl Field for PersonField {
    fn column(self) -> (&'static str, FieldKind) {
        match self {
            Self::Id => ("id", FieldKind::Text),
            Self::ExternalId => ("external_id", FieldKind::Text),
            Self::Name => ("search_name", FieldKind::Folded),
            Self::Gender => ("gender", FieldKind::Text),
            Self::DateOfBirth => ("date_of_birth", FieldKind::Date),
            Self::Nationality => ("nationality", FieldKind::Text),
            Self::Notes => ("notes", FieldKind::Text),
            Self::Emails => ("emails", FieldKind::List),
            Self::Phones => ("phones", FieldKind::List),
            Self::Version => ("version", FieldKind::Integer),
            Self::CreatedAt => ("created_at", FieldKind::Moment),
            Self::UpdatedAt => ("updated_at", FieldKind::Moment),
        }
    }
}

/// What can be done with persons. A person of another account is one that does not exist.
#[async_trait]
pub trait Persons {
    /// Enrols a person with faces and memberships, all or nothing. `CollectionNotFound`; `PersonAlreadySet` with the person
    /// of the same name and date of birth in one of the collections; `ExternalIdTaken`; `ClientNotFound`.
    async fn create_person(
        &self,
        client: ClientId,
        new: NewPerson,
    ) -> Result<Committed<Person>, StoreError>;

    /// The person of this id.
    async fn person(&self, client: ClientId, id: PersonId) -> Result<Option<Person>, StoreError>;

    /// The person of the caller's own id, case-sensitive.
    async fn person_by_external_id(
        &self,
        client: ClientId,
        external_id: &str,
    ) -> Result<Option<Person>, StoreError>;

    /// Those of these persons that exist, in the order of the ids.
    async fn persons_by_id(
        &self,
        client: ClientId,
        ids: Vec<PersonId>,
    ) -> Result<Vec<Person>, StoreError>;

    /// The account's persons that the listing asks for; with `collections`, only members of at least one of them.
    async fn persons(
        &self,
        client: ClientId,
        collections: Option<Vec<CollectionRef>>,
        listing: Listing<PersonField>,
    ) -> Result<Page<Person>, StoreError>;

    /// Changes what is given. `PersonNotFound`, `CollectionNotFound`, `PersonAlreadySet`, `FaceNotFound`.
    async fn update_person(
        &self,
        client: ClientId,
        id: PersonId,
        update: PersonUpdate,
    ) -> Result<Committed<Person>, StoreError>;

    /// Adds faces to those that the person has. Or says `PersonNotFound`.
    async fn add_faces(
        &self,
        client: ClientId,
        id: PersonId,
        faces: Vec<NewFace>,
    ) -> Result<Committed<Person>, StoreError>;

    /// Removes one face. Or says `PersonNotFound` or `FaceNotFound`.
    async fn remove_face(
        &self,
        client: ClientId,
        id: PersonId,
        face: FaceId,
    ) -> Result<Committed<Person>, StoreError>;

    /// Puts a person into a collection, if it is not there. `PersonNotFound`, `CollectionNotFound`, `PersonAlreadySet`.
    async fn attach_person(
        &self,
        client: ClientId,
        id: PersonId,
        collection: CollectionRef,
    ) -> Result<Committed<()>, StoreError>;

    /// Takes a person out of a collection, and deletes it when that was the last one. `PersonNotFound`,
    /// `CollectionNotFound`, `NotAMember`.
    async fn detach_person(
        &self,
        client: ClientId,
        id: PersonId,
        collection: CollectionRef,
    ) -> Result<Committed<Detached>, StoreError>;

    /// Deletes a person with all faces. Or says `PersonNotFound`.
    async fn delete_person(
        &self,
        client: ClientId,
        id: PersonId,
    ) -> Result<Committed<()>, StoreError>;
}
