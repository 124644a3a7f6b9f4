//! Persons as this dialect shows them, each with its collections.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use store::{ClientId, CollectionId, Face, FaceId, Person};
use utoipa::ToSchema;

use service::{App, Found, person_key};

use crate::routes::opencv_cloud::{
    collections::CollectionObject,
    dates::{day, moment},
    error::ApiError,
};

/// An enrolled face.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CloudThumbnail)]
pub(super) struct Thumbnail {
    #[schema(value_type = String, format = "uuid")]
    id: FaceId,
    /// The aligned face, 112 x 112, as a JPEG in base64.
    thumbnail: String,
}

/// A person. Every key is always there.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CloudPerson)]
pub(in crate::routes::opencv_cloud) struct PersonObject {
    /// The one that the caller chose; else 24 hex digits, the Verifik dialect's `_id`.
    #[schema(example = "emp-17")]
    id: String,
    name: Option<String>,
    /// In the order of enrolment. Faces whose picture was not to be kept are left out: clients decode each.
    thumbnails: Vec<Thumbnail>,
    /// `M` or `F`.
    gender: Option<&'static str>,
    /// `YYYY-MM-DD`
    #[schema(example = "1990-01-01")]
    date_of_birth: Option<String>,
    nationality: Option<String>,
    /// In the order in which the person came into them.
    collections: Vec<CollectionObject>,
    notes: Option<String>,
    /// UTC, without a zone.
    #[schema(example = "2024-01-01T00:00:00.000000")]
    create_date: String,
    /// UTC, without a zone.
    #[schema(example = "2024-01-01T00:00:00.000000")]
    modified_date: String,
}

/// A person whom a face may be.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CloudPersonMatch)]
pub(in crate::routes::opencv_cloud) struct PersonMatch {
    #[serde(flatten)]
    person: PersonObject,
    /// Of the person's likest face, 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.93)]
    score: f64,
}

/// The collections that the persons of one answer are in.
struct Shelf(HashMap<CollectionId, CollectionObject>);

impl Shelf {
    async fn load(
        app: &App,
        client: ClientId,
        wanted: BTreeSet<CollectionId>,
    ) -> Result<Self, ApiError> {
        let all = service::collections_of_ids(app, client, wanted).await?;
        let object = |(collection, count): (store::Collection, u64)| {
            (collection.id, CollectionObject::new(collection, count))
        };
        Ok(Self(all.into_iter().map(object).collect()))
    }

    fn person(&self, person: Person) -> PersonObject {
        // One that was deleted a moment ago is left out.
        let collections = person.collections.iter();
        let collections = collections.filter_map(|one| self.0.get(&one.id).cloned());
        PersonObject {
            id: person_key(&person),
            thumbnails: person.faces.iter().filter_map(Thumbnail::of).collect(),
            gender: person.gender.map(store::Gender::as_str),
            date_of_birth: person.date_of_birth.map(day),
            collections: collections.collect(),
            create_date: moment(person.created_at),
            modified_date: moment(person.updated_at),
            name: Some(person.name).filter(|name| !name.is_empty()),
            nationality: person.nationality,
            notes: person.notes,
        }
    }

    fn matched(&self, found: Found) -> PersonMatch {
        PersonMatch {
            score: found.score.rounded(),
            person: self.person(found.person),
        }
    }
}

fn collections_of<'p>(people: impl IntoIterator<Item = &'p Person>) -> BTreeSet<CollectionId> {
    let memberships = people.into_iter().flat_map(|person| &person.collections);
    memberships.map(|one| one.id).collect()
}

impl Thumbnail {
    /// `None` when no picture of the face is kept.
    pub(super) fn of(face: &Face) -> Option<Self> {
        (!face.thumbnail.is_empty()).then(|| Self {
            id: face.id,
            thumbnail: base64_simd::STANDARD.encode_to_string(&face.thumbnail),
        })
    }
}

/// These persons.
pub(super) async fn shown(
    app: &App,
    client: ClientId,
    people: Vec<Person>,
) -> Result<Vec<PersonObject>, ApiError> {
    let shelf = Shelf::load(app, client, collections_of(&people)).await?;
    Ok(people.into_iter().map(|one| shelf.person(one)).collect())
}

/// This person.
pub(super) async fn shown_one(
    app: &App,
    client: ClientId,
    person: Person,
) -> Result<PersonObject, ApiError> {
    let shelf = Shelf::load(app, client, collections_of([&person])).await?;
    Ok(shelf.person(person))
}

/// Those whom a search found, best first.
pub(in crate::routes::opencv_cloud) async fn matches(
    app: &App,
    client: ClientId,
    found: Vec<Found>,
) -> Result<Vec<PersonMatch>, ApiError> {
    let mut all = matches_of_many(app, client, vec![found]).await?;
    Ok(all.pop().unwrap_or_default())
}

/// As [`matches`], for each of several searches.
pub(in crate::routes::opencv_cloud) async fn matches_of_many(
    app: &App,
    client: ClientId,
    searches: Vec<Vec<Found>>,
) -> Result<Vec<Vec<PersonMatch>>, ApiError> {
    let wanted = collections_of(searches.iter().flatten().map(|found| &found.person));
    let shelf = Shelf::load(app, client, wanted).await?;
    let matched = |found: Vec<Found>| -> Vec<PersonMatch> {
        found.into_iter().map(|one| shelf.matched(one)).collect()
    };
    Ok(searches.into_iter().map(matched).collect())
}
