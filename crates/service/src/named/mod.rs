//! What the `x-api-key` dialects call things: collections by name, persons by the caller's own id.

mod bulk;
mod kept;
mod put;
mod search;

pub use bulk::{BulkEntry, put_persons};
pub use kept::{Keep, kept_pictures};
pub use put::{Duplicates, Enrolment, put_person};
pub use search::{Group, GroupFace, search_every_face, search_group};

use std::sync::Arc;

use store::{ClientId, Collection, CollectionRef, Person, PersonId, StoreError};

use super::{Part, ServiceError, compare::decode, pictures::Resolved, writes::visible};
use crate::App;

/// The account's collection of exactly this name; the oldest, when another dialect gave the name to several.
///
/// # Errors
/// [`ServiceError::Store`], `CollectionNotFound` among them.
pub async fn collection_of_name(
    app: &App,
    client: ClientId,
    name: &str,
) -> Result<Collection, ServiceError> {
    let found = app.store.collections_by_name(client, name).await?;
    let oldest = found.into_iter().next();
    Ok(oldest.ok_or(StoreError::CollectionNotFound)?)
}

/// As [`collection_of_name`], for a request that brings a picture: a picture that is none is told before a collection that is none.
async fn collection_for(
    app: &App,
    client: ClientId,
    name: &str,
    picture: &Resolved,
) -> Result<Collection, ServiceError> {
    let found = collection_of_name(app, client, name).await;
    if let Err(ServiceError::Store(StoreError::CollectionNotFound)) = &found {
        let (picture, limits) = (picture.clone(), app.config.images.limits());
        let decoded = app
            .infer(move |pipeline| decode(pipeline, picture, &limits).map(drop))
            .await?;
        decoded.map_err(ServiceError::of(Part::Image))?;
    }
    found
}

/// Deletes a collection with its persons, but for those who are in other collections too.
///
/// # Errors
/// [`ServiceError::Store`], `CollectionNotFound` among them.
pub async fn delete_collection_with_people(
    app: &App,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Collection, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.delete_collection_with_people(client, wanted).await };
    let gone = visible(app, write).await?;
    // Whom it held, the enrolments before say.
    app.audit.touched("delete_collection", []);
    Ok(gone)
}

/// How many persons are in a collection.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn people_in(
    app: &App,
    client: ClientId,
    collections: &[Collection],
) -> Result<Vec<u64>, ServiceError> {
    let ids: Vec<_> = collections.iter().map(|one| one.id).collect();
    let counts = app.store.count_people(client, ids.clone()).await?;
    let count = |id| counts.get(id).copied().unwrap_or_default();
    Ok(ids.iter().map(count).collect())
}

/// What callers know a person by: the id that they chose, or, where another dialect enrolled it without one, its 24 hex digits.
#[must_use]
pub fn person_key(person: &Person) -> String {
    let chosen = person.external_id.clone();
    chosen.unwrap_or_else(|| person.id.to_string())
}

/// The person of this key; an id that a caller chose goes first.
///
/// # Errors
/// [`ServiceError::Store`], `PersonNotFound` among them.
pub async fn person_of_key(app: &App, client: ClientId, key: &str) -> Result<Person, ServiceError> {
    if let Some(person) = app.store.person_by_external_id(client, key).await? {
        return Ok(person);
    }
    let found = match key.parse() {
        Ok(id) => app.store.person(client, id).await?,
        Err(_) => None,
    };
    // Who has a chosen id has only that one.
    let found = found.filter(|person| person.external_id.is_none());
    Ok(found.ok_or(StoreError::PersonNotFound)?)
}

/// The person of this key, to be shown.
///
/// # Errors
/// As [`person_of_key`].
pub async fn shown_person(app: &App, client: ClientId, key: &str) -> Result<Person, ServiceError> {
    let person = person_of_key(app, client, key).await?;
    app.audit.touched("read", [person.id]);
    Ok(person)
}

/// The persons of these keys, each of which must be somebody's.
///
/// # Errors
/// As [`person_of_key`].
pub async fn person_ids_of_keys(
    app: &App,
    client: ClientId,
    keys: &[String],
) -> Result<Vec<PersonId>, ServiceError> {
    let mut ids = Vec::new();
    for key in keys {
        ids.push(person_of_key(app, client, key).await?.id);
    }
    Ok(ids)
}
