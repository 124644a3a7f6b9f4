//! Collections as this dialect shows them.

use serde::Serialize;
use store::{ClientId, Collection, CollectionCode, CollectionId, Person};
use utoipa::ToSchema;

use crate::routes::verifik::{envelope::Stamp, persons::StoredPerson};

/// A collection.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes::verifik) struct StoredCollection {
    /// 24 hex digits.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: CollectionId,
    /// UUID: its name in searches and in `person.collections`.
    #[schema(value_type = String)]
    code: CollectionCode,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// The account, 24 hex digits.
    #[schema(value_type = String)]
    client: ClientId,
    /// Always false.
    deleted: bool,
    /// Its persons, on the `project-type` routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Vec<StoredPerson>>,
    #[serde(rename = "createdAt")]
    created_at: Stamp,
    #[serde(rename = "updatedAt")]
    updated_at: Stamp,
    /// Grows with every update.
    #[serde(rename = "__v")]
    version: i64,
}

impl From<Collection> for StoredCollection {
    fn from(collection: Collection) -> Self {
        Self {
            id: collection.id,
            code: collection.code,
            name: collection.name,
            description: collection.description,
            project: collection.project,
            client: collection.client,
            deleted: false,
            people: None,
            created_at: Stamp(collection.created_at),
            updated_at: Stamp(collection.updated_at),
            version: collection.version,
        }
    }
}

impl StoredCollection {
    /// A collection with its persons.
    pub(super) fn with_people((collection, people): (Collection, Vec<Person>)) -> Self {
        let people = people
            .into_iter()
            .map(|person| StoredPerson::new(person, false));
        Self {
            people: Some(people.collect()),
            ..Self::from(collection)
        }
    }
}
