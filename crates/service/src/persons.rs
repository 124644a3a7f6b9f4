//! Persons of an account.

use std::sync::Arc;

use gallery::Aim;
use inference::Effort;
use store::{
    ClientId, CollectionRef, Detached, Listing, NewPerson, Page, Person, PersonField, PersonId,
    PersonUpdate, StoreError,
};

use super::{
    Call, Cutoff, Enrolled, LivenessPolicy, Part, PictureSource, Probe, Search, SearchTerms,
    ServiceError,
    enrol::{self, Checks, Faces, Verdict},
    liveness,
    look_alikes::{self, LookAlikes},
    named::person_of_key,
    pictures, receipts, search,
    search::Searcher,
    writes::{committed, visible},
};
use crate::App;

/// Most persons that a face can find.
const MAX_LIKE: usize = 100;

/// A person to enrol if nobody in the collection has the face, and the face is live.
pub struct LiveEnrolment {
    /// Who; the collection is added.
    pub person: NewPerson,
    /// Pictures of the person.
    pub images: Vec<PictureSource>,
    /// Where.
    pub collection: CollectionRef,
    /// What is asked of each picture.
    pub policy: LivenessPolicy,
    /// Whoever scores this or more is a duplicate, 0 to 1.
    pub min_score: f64,
    /// How hard to search.
    pub effort: Effort,
}

/// A face to look for in a whole account.
#[derive(Debug)]
pub struct FaceQuery {
    /// A picture of it.
    pub image: PictureSource,
    /// How hard to look, and to search.
    pub effort: Effort,
    /// Who counts as having it.
    pub cutoff: Cutoff,
}

/// Enrols a person.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, the engine; `CollectionNotFound`, `PersonAlreadySet` and `ExternalIdTaken` of the store.
pub async fn create_person(
    app: &App,
    client: ClientId,
    new: NewPerson,
    images: Vec<PictureSource>,
    kind: Probe,
) -> Result<Enrolled, ServiceError> {
    let pictures = pictures::all(app, images, Part::Image).await?;
    if let Some(key) = &new.external_id {
        key_is_free(app, client, key).await?;
    }
    let mut collections = Vec::with_capacity(new.collections.len());
    for wanted in &new.collections {
        collections.push(search::collection(app, client, *wanted).await?);
    }
    let near = LookAlikes::of(app, client, &collections);
    let taken = enrol::faces(app, pictures, kind, near).await?;
    insert(app, client, new, taken).await
}

/// Before any work is done for a person who cannot be stored; the store holds the rule, whatever runs at the same time. An id
/// that another person goes by without having chosen it is taken too.
async fn key_is_free(app: &App, client: ClientId, key: &str) -> Result<(), ServiceError> {
    match person_of_key(app, client, key).await {
        Ok(_) => Err(StoreError::ExternalIdTaken.into()),
        Err(ServiceError::Store(StoreError::PersonNotFound)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Enrols a person unless the collection has the face, or it is not live.
///
/// # Errors
/// As [`create_person`], and [`ServiceError::DuplicatedPerson`], [`ServiceError::LivenessFailed`],
/// [`ServiceError::LivenessQuality`].
pub async fn create_live_person(
    app: &App,
    call: &Call,
    client: ClientId,
    enrolment: LiveEnrolment,
) -> Result<Enrolled, ServiceError> {
    let LiveEnrolment {
        person: mut new,
        images,
        collection,
        policy,
        min_score,
        effort,
    } = enrolment;
    let pictures = pictures::all(app, images, Part::Image).await?;
    let terms = SearchTerms {
        client,
        collection: Some(collection),
        cutoff: Cutoff::score(min_score),
        limit: 1,
        effort,
    };
    let searcher = Searcher::new(app, &terms).await?;
    let checks = Checks {
        look_alikes: LookAlikes::of(app, client, searcher.collection().as_slice()),
        searcher,
        policy,
    };
    let (taken, verdict) = enrol::checked_faces(app, pictures, checks).await?;
    let verdict = match verdict {
        Verdict::Duplicate => return Err(ServiceError::DuplicatedPerson),
        Verdict::Liveness(verdict) => verdict.map_err(ServiceError::LivenessQuality)?,
    };
    let verdict = app.audit.record(call, liveness::KIND, verdict).answer;
    if !verdict.passed {
        return Err(ServiceError::LivenessFailed(verdict.score));
    }
    new.liveness_score = Some(verdict.score.value());
    new.collections.push(collection);
    insert(app, client, new, taken).await
}

async fn insert(
    app: &App,
    client: ClientId,
    mut new: NewPerson,
    taken: Faces,
) -> Result<Enrolled, ServiceError> {
    let look_alikes = look_alikes::told(app, client, taken.look_alikes, None).await?;
    new.faces = taken.faces;
    let store = Arc::clone(&app.store);
    let created = visible(app, async move { store.create_person(client, new).await });
    let person = created.await?;
    app.audit.touched("enrol", [person.id]);
    Ok(Enrolled {
        person,
        look_alikes,
    })
}

/// One person.
///
/// # Errors
/// [`ServiceError::Store`], `PersonNotFound` among them.
pub async fn person(app: &App, client: ClientId, id: PersonId) -> Result<Person, ServiceError> {
    let found = app.store.person(client, id).await?;
    let person = found.ok_or(StoreError::PersonNotFound)?;
    app.audit.touched("read", [person.id]);
    Ok(person)
}

/// The persons that the listing asks for; without one, nobody. With `collections`, only members of at least one of them.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn persons(
    app: &App,
    client: ClientId,
    collections: Option<Vec<CollectionRef>>,
    listing: Option<Listing<PersonField>>,
) -> Result<Page<Person>, ServiceError> {
    let Some(listing) = listing else {
        return Ok(Page {
            items: Vec::new(),
            total: 0,
        });
    };
    let page = app.store.persons(client, collections, listing).await?;
    app.audit
        .touched("read", page.items.iter().map(|person| person.id));
    Ok(page)
}

/// Those of the account's persons who have the face, likest first.
///
/// # Errors
/// [`ServiceError`]: the picture, its face, the engine, the search, the database.
pub async fn persons_like(
    app: &App,
    call: &Call,
    client: ClientId,
    query: FaceQuery,
) -> Result<(Vec<Person>, Aim), ServiceError> {
    let FaceQuery {
        image,
        effort,
        cutoff,
    } = query;
    let terms = SearchTerms {
        client,
        collection: None,
        cutoff,
        limit: MAX_LIKE,
        effort,
    };
    let found = search::search(app, call, "search", vec![image], Probe::Pictures, terms).await?;
    let Search { found, aim } = found.answer;
    let persons = found.into_iter().map(|found| found.person);
    Ok((persons.collect(), aim))
}

/// Changes a person; `images` take the place of all earlier ones.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, the engine; `PersonNotFound`, `CollectionNotFound` and `PersonAlreadySet` of the store.
pub async fn update_person(
    app: &App,
    client: ClientId,
    id: PersonId,
    mut update: PersonUpdate,
    images: Option<Vec<PictureSource>>,
) -> Result<Person, ServiceError> {
    if let Some(images) = images {
        let pictures = pictures::all(app, images, Part::Image).await?;
        let there = app.store.person(client, id).await?;
        there.ok_or(StoreError::PersonNotFound)?;
        let taken = enrol::faces(app, pictures, Probe::Pictures, LookAlikes::default());
        update.faces = Some(taken.await?.faces);
    }
    write_update(app, client, id, update).await
}

/// Changes a person; `images` come behind the pictures that are left.
///
/// # Errors
/// As [`update_person`], and `FaceNotFound` of the store.
pub async fn change_pictures(
    app: &App,
    client: ClientId,
    id: PersonId,
    mut update: PersonUpdate,
    images: Vec<PictureSource>,
) -> Result<Person, ServiceError> {
    if !images.is_empty() {
        let pictures = pictures::all(app, images, Part::Image).await?;
        let taken = enrol::faces(app, pictures, Probe::Pictures, LookAlikes::default());
        update.added_faces = taken.await?.faces;
    }
    write_update(app, client, id, update).await
}

async fn write_update(
    app: &App,
    client: ClientId,
    id: PersonId,
    update: PersonUpdate,
) -> Result<Person, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move { store.update_person(client, id, update).await };
    let person = visible(app, write).await?;
    app.audit.touched("update", [id]);
    Ok(person)
}

/// Deletes a person, or takes it out of one collection, and deletes it when that was the last one.
///
/// # Errors
/// [`ServiceError::Store`]: `PersonNotFound`, `CollectionNotFound`, `NotAMember`.
pub async fn delete_person(
    app: &App,
    client: ClientId,
    id: PersonId,
    collection: Option<CollectionRef>,
) -> Result<Detached, ServiceError> {
    let store = Arc::clone(&app.store);
    let write = async move {
        match collection {
            Some(collection) => store.detach_person(client, id, collection).await,
            None => {
                let gone = store.delete_person(client, id).await?;
                Ok(gone.map(|()| Detached::Deleted))
            }
        }
    };
    let done = committed(app, write).await?;
    let kind = match done.value {
        Detached::Deleted => "delete",
        Detached::Kept => "detach",
    };
    app.audit.touched(kind, [id]);
    if done.value == Detached::Deleted {
        receipts::note(client, id, done.key);
    }
    Ok(done.value)
}
