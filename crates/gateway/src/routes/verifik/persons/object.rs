//! Persons as this dialect shows them.

use std::fmt;

use serde::Serialize;
use store::{ClientId, CollectionCode, CollectionId, FaceId, Membership, Person, PersonId};
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};
use utoipa::{
    PartialSchema as _, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AnyOfBuilder, ArrayBuilder},
    },
};

use crate::routes::{
    headers::LookAlikeHeader,
    verifik::{
        document::unit,
        envelope::{Envelope, Stamp},
    },
};

use service::Enrolled;

/// `1990-01-15`
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// A face of a person.
#[derive(Clone, Serialize, ToSchema)]
pub(in crate::routes::verifik) struct Thumbnail {
    /// UUID of the face.
    #[schema(value_type = String)]
    id: FaceId,
    /// JPEG, 112 x 112, in base64.
    thumbnail: String,
}

/// A collection, where it is shown and not only named.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes::verifik) struct CollectionLabel {
    /// 24 hex digits.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: CollectionId,
    /// UUID.
    #[schema(value_type = String)]
    code: CollectionCode,
    name: String,
}

/// The collections of a person.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::routes::verifik) enum PersonCollections {
    /// By code.
    Codes(Vec<CollectionCode>),
    /// With `populates[]=collections`.
    Labels(Vec<CollectionLabel>),
}

// An empty list is both: what is derived says that it is exactly one of them.
impl utoipa::PartialSchema for PersonCollections {
    fn schema() -> RefOr<Schema> {
        let codes = ArrayBuilder::new()
            .items(String::schema())
            .description(Some("By code."));
        let labels = ArrayBuilder::new()
            .items(Ref::from_schema_name(CollectionLabel::name()))
            .description(Some("With `populates[]=collections`."));
        AnyOfBuilder::new()
            .item(codes)
            .item(labels)
            .description(Some("The collections of a person."))
            .into()
    }
}

impl ToSchema for PersonCollections {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            CollectionLabel::name().into_owned(),
            CollectionLabel::schema(),
        ));
        CollectionLabel::schemas(schemas);
    }
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(in crate::routes::verifik) struct StoredPerson {
    /// 24 hex digits; the `id` of matches.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: PersonId,
    name: String,
    /// One per enrolled picture.
    thumbnails: Vec<Thumbnail>,
    /// `M` or `F`; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<&'static str>,
    /// Midnight UTC of the day.
    #[schema(example = "1992-03-02T00:00:00.000Z")]
    date_of_birth: Option<String>,
    nationality: Option<String>,
    collections: PersonCollections,
    notes: Option<String>,
    /// Always empty.
    #[serde(rename = "documentValidations")]
    #[schema(value_type = Vec<Object>)]
    document_validations: [(); 0],
    emails: Vec<String>,
    phones: Vec<String>,
    /// Always `not_set`.
    environment: &'static str,
    /// The account, 24 hex digits.
    #[schema(value_type = String)]
    client: ClientId,
    /// Of the check at enrolment; absent without one.
    #[serde(rename = "livenessScore", skip_serializing_if = "Option::is_none")]
    liveness_score: Option<f64>,
    /// Always false.
    deleted: bool,
    #[serde(rename = "createdAt")]
    created_at: Stamp,
    #[serde(rename = "updatedAt")]
    updated_at: Stamp,
    /// Grows with every update.
    #[serde(rename = "__v")]
    version: i64,
}

impl StoredPerson {
    /// With the codes of the collections, or, when `populated`, with the collections themselves.
    pub(in crate::routes::verifik) fn new(person: Person, populated: bool) -> Self {
        let collections = if populated {
            PersonCollections::Labels(labels(person.collections))
        } else {
            let codes = person.collections.iter().map(|collection| collection.code);
            PersonCollections::Codes(codes.collect())
        };
        Self {
            id: person.id,
            name: person.name,
            thumbnails: thumbnails(&person.faces),
            gender: person.gender.map(store::Gender::as_str),
            date_of_birth: person
                .date_of_birth
                .map(|date| day(date) + "T00:00:00.000Z"),
            nationality: person.nationality,
            collections,
            notes: person.notes,
            document_validations: [],
            emails: person.emails,
            phones: person.phones,
            environment: "not_set",
            client: person.client,
            liveness_score: person.liveness_score.map(unit),
            deleted: false,
            created_at: Stamp(person.created_at),
            updated_at: Stamp(person.updated_at),
            version: person.version,
        }
    }
}

/// A person as look-ups and `person_already_set` show it.
#[derive(Clone, Serialize, ToSchema)]
pub struct PersonCard {
    /// 24 hex digits.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: PersonId,
    name: String,
    /// `YYYY-MM-DD`
    #[schema(example = "1994-02-07")]
    date_of_birth: Option<String>,
    /// `M` or `F`
    gender: Option<&'static str>,
    collections: Vec<CollectionLabel>,
    thumbnails: Vec<Thumbnail>,
}

impl From<Person> for PersonCard {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            name: person.name,
            date_of_birth: person.date_of_birth.map(day),
            gender: person.gender.map(store::Gender::as_str),
            collections: labels(person.collections),
            thumbnails: thumbnails(&person.faces),
        }
    }
}

// By hand: personal data.
impl fmt::Debug for PersonCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonCard({})", self.id)
    }
}

impl fmt::Debug for StoredPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredPerson({})", self.id)
    }
}

fn day(date: Date) -> String {
    // The format names nothing that a date lacks.
    date.format(DAY).unwrap_or_default()
}

fn labels(memberships: Vec<Membership>) -> Vec<CollectionLabel> {
    let label = |Membership { id, code, name, .. }| CollectionLabel { id, code, name };
    memberships.into_iter().map(label).collect()
}

fn thumbnails(faces: &[store::Face]) -> Vec<Thumbnail> {
    let thumbnail = |face: &store::Face| Thumbnail {
        id: face.id,
        thumbnail: base64_simd::STANDARD.encode_to_string(&face.thumbnail),
    };
    // Some callers want no picture kept.
    let kept = faces.iter().filter(|face| !face.thumbnail.is_empty());
    kept.map(thumbnail).collect()
}

/// Somebody who was enrolled, with who looks alike.
pub(super) fn enrolled(enrolled: Enrolled) -> (LookAlikeHeader, Envelope<StoredPerson>) {
    let near = enrolled.look_alikes.iter();
    let near = near.map(|one| (one.person.id.to_string(), one.score.rounded()));
    let person = StoredPerson::new(enrolled.person, false);
    (LookAlikeHeader(near.collect()), Envelope::new(person))
}
