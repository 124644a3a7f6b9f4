//! Collections of an account, and who is in them.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use gallery::Aim;
use store::{
    ClientId, Collection, CollectionField, CollectionId, CollectionRef, CollectionUpdate,
    Comparison, Condition, Listing, NewCollection, Page, Person, PersonField, PersonId, StoreError,
};

use super::{Call, FaceQuery, ServiceError, persons_like, writes::visible};
use crate::App;

/// Most persons that are shown with collections.
const MAX_PEOPLE: u32 = 1000;

/// Most collections that a face is found in, and places that persons have in the collections of one answer.
const MAX_COLLECTIONS: usize = 1000;
const MAX_PLACES: usize = 10_000;

/// Creates an empty collection.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn create_collection(
    app: &App,
    client: ClientId,
    new: NewCollection,
) -> Result<Collection, ServiceError> {
    Ok(app.store.create_collection(client, new).await?)
}

/// One collection.
///
/// # Errors
/// [`ServiceError::Store`], `CollectionNotFound` among them.
pub async fn collection(
    app: &App,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Collection, ServiceError> {
    let found = app.store.collection(client, wanted).await?;
    Ok(found.ok_or(StoreError::CollectionNotFound)?)
}

/// The collections that the listing asks for; without one, none.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn collections(
    app: &App,
    client: ClientId,
    listing: Option<Listing<CollectionField>>,
) -> Result<Page<Collection>, ServiceError> {
    let Some(listing) = listing else {
        return Ok(Page {
            items: Vec::new(),
            total: 0,
        });
    };
    Ok(app.store.collections(client, listing).await?)
}

/// Changes a collection, and who is in it.
///
/// # Errors
/// [`ServiceError::Store`]: `CollectionNotFound`, `PersonNotFound`, `PersonAlreadySet`.
pub async fn update_collection(
    app: &App,
    client: ClientId,
    wanted: CollectionRef,
    update: CollectionUpdate,
) -> Result<Collection, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.update_collection(client, wanted, update).await };
    visible(app, write).await
}

/// Deletes a collection, and says what it was. Its persons stay.
///
/// # Errors
/// [`ServiceError::Store`], `CollectionNotFound` among them.
pub async fn delete_collection(
    app: &App,
    client: ClientId,
    wanted: CollectionRef,
) -> Result<Collection, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.delete_collection(client, wanted).await };
    visible(app, write).await
}

/// Puts persons into a collection, after taking others out, and says which of those were in it. Nobody is deleted.
///
/// # Errors
/// [`ServiceError::Store`]: `CollectionNotFound`, `PersonNotFound`, `PersonAlreadySet`.
pub async fn change_people(
    app: &App,
    client: ClientId,
    wanted: CollectionRef,
    joining: Vec<PersonId>,
    leaving: Vec<PersonId>,
) -> Result<Vec<PersonId>, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.change_people(client, wanted, joining, leaving).await };
    let changed = visible(app, write).await?;
    app.audit.touched("collections", changed.iter().copied());
    Ok(changed)
}

/// Collections, each with how many persons are in it.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn with_counts(
    app: &App,
    client: ClientId,
    collections: Vec<Collection>,
) -> Result<Vec<(Collection, u64)>, ServiceError> {
    if collections.is_empty() {
        return Ok(Vec::new());
    }
    let ids = collections.iter().map(|collection| collection.id).collect();
    let counts = app.store.count_people(client, ids).await?;
    let counted = collections.into_iter().map(|collection| {
        let count = counts.get(&collection.id).copied().unwrap_or(0);
        (collection, count)
    });
    Ok(counted.collect())
}

/// The collections of these ids, as far as the account has them, as [`with_counts`] gives them.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn collections_of_ids(
    app: &App,
    client: ClientId,
    ids: BTreeSet<CollectionId>,
) -> Result<Vec<(Collection, u64)>, ServiceError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let among = Condition::new(CollectionField::Id, Comparison::In, &ids);
    let listing = Listing {
        // An id can always be tested.
        conditions: among.into_iter().collect(),
        ..Listing::default()
    };
    let found = app.store.collections(client, listing).await?.items;
    with_counts(app, client, found).await
}

/// Moves those of `people` who are in `from` to `to`, and says who they are.
///
/// # Errors
/// [`ServiceError::Store`]: `CollectionNotFound`, `PersonNotFound`, `PersonAlreadySet`.
pub async fn move_people(
    app: &App,
    client: ClientId,
    from: CollectionRef,
    to: CollectionRef,
    people: Vec<PersonId>,
) -> Result<Vec<PersonId>, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.move_people(client, from, to, people).await };
    let moved = visible(app, write).await?;
    app.audit.touched("collections", moved.iter().copied());
    Ok(moved)
}

/// Collections with their persons, of whom there are at most 1000 in all.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn with_people(
    app: &App,
    client: ClientId,
    collections: Vec<Collection>,
) -> Result<Vec<(Collection, Vec<Person>)>, ServiceError> {
    let refs = collections
        .iter()
        .map(|collection| collection.id.into())
        .collect();
    let listing = Listing::<PersonField> {
        limit: MAX_PEOPLE,
        ..Listing::default()
    };
    let people = app.store.persons(client, Some(refs), listing).await?.items;
    app.audit
        .touched("read", people.iter().map(|person| person.id));
    let shown = collections.iter().map(|collection| collection.id).collect();
    let mut by_collection = sorted_in(people, &shown);
    let filled = collections.into_iter().map(|collection| {
        let people = by_collection.remove(&collection.id).unwrap_or_default();
        (collection, people)
    });
    Ok(filled.collect())
}

/// The collections in which somebody has the face, likest first, each with those who have it.
///
/// # Errors
/// [`ServiceError`]: the picture, its face, the engine, the search, the database.
pub async fn collections_like(
    app: &App,
    call: &Call,
    client: ClientId,
    query: FaceQuery,
) -> Result<(Vec<(Collection, Vec<Person>)>, Aim), ServiceError> {
    let (people, aim) = persons_like(app, call, client, query).await?;
    let named = people.iter().flat_map(|person| &person.collections);
    let mut seen = HashSet::new();
    let order: Vec<CollectionId> = named
        .map(|collection| collection.id)
        .filter(|id| seen.insert(*id))
        .take(MAX_COLLECTIONS)
        .collect();
    let mut by_collection = sorted_in(people, &seen);
    let mut found = Vec::new();
    for id in order {
        // One that was deleted meanwhile is left out.
        if let Some(collection) = app.store.collection(client, id.into()).await? {
            found.push((collection, by_collection.remove(&id).unwrap_or_default()));
        }
    }
    Ok((found, aim))
}

/// Persons by those collections that are `shown`, in their order: at most so many that the answer has an end, although everybody may be in
/// all of them.
fn sorted_in(
    people: Vec<Person>,
    shown: &HashSet<CollectionId>,
) -> HashMap<CollectionId, Vec<Person>> {
    let places = people.iter().flat_map(|person| {
        let inside = person.collections.iter().map(|collection| collection.id);
        inside
            .filter(|id| shown.contains(id))
            .map(move |id| (id, person))
    });
    let mut sorted: HashMap<CollectionId, Vec<Person>> = HashMap::new();
    for (id, person) in places.take(MAX_PLACES) {
        sorted.entry(id).or_default().push(person.clone());
    }
    sorted
}
