//! What the vendor's product does not document, and a self-hosted one needs: to list, and to delete one person. Marked
//! "Extension" in the OpenAPI document.

use axum::{Json, extract::State};
use store::{CollectionField, Listing, Person, PersonField, Sort};
use utoipa::{IntoParams, ToSchema};

use super::{
    collection::CollectionObject,
    error::ApiError,
    extract::{Owner, ValidAnywhere, ValidQuery},
    failures::{CommonFailures, MissingFailures},
    fields,
    object::PersonObject,
};
use crate::routes::opencv::body::{FromReader, Reader, integer, text};
use service::AppState;

/// Most entries that are left out: the database counts them.
const MOST_SKIPPED: u32 = 10_000_000;

/// Persons of one page.
const MOST: u32 = 100;

/// Extension: the account's collections, by name.
#[utoipa::path(
    get,
    path = "/collections",
    operation_id = "onpremise_list_collections",
    tag = "OpenCV FR Server",
    responses((status = 200, description = "All of them", body = Vec<CollectionObject>), CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn collections(
    State(app): State<AppState>,
    Owner(owner): Owner,
) -> Result<Json<Vec<CollectionObject>>, ApiError> {
    let listing = Listing {
        sort: vec![Sort {
            field: CollectionField::Name,
            descending: false,
        }],
        ..Listing::default()
    };
    let all = service::collections(&app, owner.client, Some(listing)).await?;
    let counts = service::people_in(&app, owner.client, &all.items).await?;
    let objects = all.items.into_iter().zip(counts);
    let objects = objects.map(|(one, people)| CollectionObject::new(one.name, people));
    Ok(Json(objects.collect()))
}

/// Which collection.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ByName {
    /// Its name; case counts.
    name: String,
}

impl FromReader for ByName {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let name = reader.required("name", text(0..=usize::MAX))?;
        Some(Self { name })
    }
}

/// Extension: one collection.
#[utoipa::path(
    get,
    path = "/collection",
    operation_id = "onpremise_get_collection",
    tag = "OpenCV FR Server",
    params(ByName),
    responses((status = 200, description = "The collection", body = CollectionObject), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn collection(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidQuery(ByName { name }): ValidQuery<ByName>,
) -> Result<Json<CollectionObject>, ApiError> {
    let found = service::collection_of_name(&app, owner.client, &name).await?;
    let counts = service::people_in(&app, owner.client, std::slice::from_ref(&found)).await?;
    let people = counts.first().copied().unwrap_or_default();
    Ok(Json(CollectionObject::new(found.name, people)))
}

/// Which persons.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Of which collection.
    collection_name: String,
    /// How many to leave out at the start.
    #[param(value_type = Option<u32>, default = 0, minimum = 0, maximum = 10_000_000)]
    skip: u32,
    /// How many at most.
    #[param(value_type = Option<u32>, default = 20, minimum = 0, maximum = 100)]
    take: u32,
}

impl FromReader for Page {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let skip = reader.or("skip", 0, integer(0..=MOST_SKIPPED));
        let take = reader.or("take", 20, integer(0..=MOST));
        Some(Self {
            collection_name: collection?,
            skip: skip?,
            take: take?,
        })
    }
}

/// Extension: the persons of a collection, in the order of their enrolment.
#[utoipa::path(
    get,
    path = "/persons",
    operation_id = "onpremise_list_persons",
    tag = "OpenCV FR Server",
    params(Page),
    responses((status = 200, description = "A part of them", body = Vec<PersonObject>), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn persons(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidQuery(page): ValidQuery<Page>,
) -> Result<Json<Vec<PersonObject>>, ApiError> {
    let client = owner.client;
    let collection = service::collection_of_name(&app, client, &page.collection_name).await?;
    let listing = Listing::<PersonField> {
        offset: page.skip.into(),
        limit: page.take,
        ..Listing::default()
    };
    let members = Some(vec![collection.id.into()]);
    let found = service::persons(&app, client, members, Some(listing)).await?;
    let persons: Vec<&Person> = found.items.iter().collect();
    Ok(Json(PersonObject::all(&app, client, &persons).await?))
}

/// Which person.
#[derive(Debug, ToSchema)]
#[schema(as = OnPremisePersonKey)]
pub(super) struct PersonKey {
    /// Of which collection.
    #[schema(example = "MyCollection")]
    collection_name: String,
    /// The caller's own id; case counts.
    #[schema(example = "F12345", min_length = 1, max_length = 300)]
    person_id: String,
}

impl FromReader for PersonKey {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let person = fields::person_id(reader);
        Some(Self {
            collection_name: collection?,
            person_id: person?,
        })
    }
}

/// Extension: takes a person out of a collection, and deletes it, with all that is kept of it, when it is in no other.
#[utoipa::path(
    delete,
    path = "/person",
    operation_id = "onpremise_delete_person",
    tag = "OpenCV FR Server",
    request_body = PersonKey,
    responses((status = 200, description = "Who it was", body = PersonObject, headers(
            ("x-rostro-deletion-receipt" = Option<String>, description = "Where the database is encrypted and a person was deleted: a signed receipt (compact JWS) of it. `rostro receipt verify` reads it.")
        )), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn delete_person(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidAnywhere(key): ValidAnywhere<PersonKey>,
) -> Result<Json<PersonObject>, ApiError> {
    let client = owner.client;
    let collection = service::collection_of_name(&app, client, &key.collection_name).await?;
    let person = service::person_of_key(&app, client, &key.person_id).await?;
    let object = PersonObject::one(&app, client, &person).await?;
    service::delete_person(&app, client, person.id, Some(collection.id.into())).await?;
    Ok(Json(object))
}
