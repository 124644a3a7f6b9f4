//! `POST` and `DELETE /collection`.

use axum::{Json, extract::State};
use serde::Serialize;
use store::NewCollection;
use utoipa::ToSchema;

use super::{
    error::{ApiError, ErrorBody},
    extract::{Owner, Valid, ValidAnywhere},
    failures::{CommonFailures, MissingFailures},
};
use crate::routes::opencv::body::{FromReader, Reader, text};
use service::AppState;

/// Longest name, in characters.
const LONGEST_NAME: usize = 255;

/// A collection by its name.
#[derive(Debug, ToSchema)]
#[schema(as = OnPremiseCollectionName)]
pub(super) struct CollectionName {
    /// Letters, digits, `_`, `-` and `.`; case counts.
    #[schema(
        example = "MyCollection",
        max_length = 255,
        pattern = "^[A-Za-z0-9_.-]+$"
    )]
    name: String,
}

impl FromReader for CollectionName {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        // Names that cannot be are told so in a way of their own.
        let name = reader.required("name", text(0..=usize::MAX))?;
        Some(Self { name })
    }
}

/// A collection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnPremiseCollection)]
pub(super) struct CollectionObject {
    #[schema(example = "MyCollection")]
    name: String,
    /// Persons in it.
    num_persons: u64,
}

impl CollectionObject {
    /// A collection of so many persons.
    pub(super) fn new(name: String, num_persons: u64) -> Self {
        Self { name, num_persons }
    }
}

/// Whether a collection may be created under this name.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed)
}

/// Creates a collection. It cannot be renamed here afterwards.
#[utoipa::path(
    post,
    path = "/collection",
    operation_id = "onpremise_create_collection",
    tag = "OpenCV FR Server",
    request_body = CollectionName,
    responses(
        (status = 200, description = "The collection, empty", body = CollectionObject),
        (status = 400, description = "A name that cannot be (`ERR_INVALID_COLLECTION_NAME`)", body = ErrorBody),
        (status = 409, description = "The account has a collection of this name (`ERR_ALREADY_EXISTS`)", body = ErrorBody),
        CommonFailures
    ),
    security(("x-api-key" = []))
)]
pub(super) async fn create(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(CollectionName { name }): Valid<CollectionName>,
) -> Result<Json<CollectionObject>, ApiError> {
    if !is_name(&name) {
        return Err(ApiError::invalid_collection_name());
    }
    let new = NewCollection {
        name,
        only_of_name: true,
        ..NewCollection::default()
    };
    let collection = service::create_collection(&app, owner.client, new).await?;
    Ok(Json(CollectionObject::new(collection.name, 0)))
}

/// Deletes a collection and its persons. Persons who are in other collections too stay there. The name may also be given as `?name=`:
/// some proxies drop the body of a DELETE.
#[utoipa::path(
    delete,
    path = "/collection",
    operation_id = "onpremise_delete_collection",
    tag = "OpenCV FR Server",
    request_body = CollectionName,
    responses(
        (status = 200, description = "The collection as it is now: without persons", body = CollectionObject),
        MissingFailures,
        CommonFailures
    ),
    security(("x-api-key" = []))
)]
pub(super) async fn delete(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidAnywhere(CollectionName { name }): ValidAnywhere<CollectionName>,
) -> Result<Json<CollectionObject>, ApiError> {
    let id = service::collection_of_name(&app, owner.client, &name)
        .await?
        .id;
    let gone = service::delete_collection_with_people(&app, owner.client, id.into()).await?;
    Ok(Json(CollectionObject::new(gone.name, 0)))
}
