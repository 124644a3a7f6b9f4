//! `PUT /v2/face-recognition/collections/{id}`.

use axum::extract::State;
use store::{CollectionUpdate, PersonId};
use utoipa::ToSchema;

use super::{fields, object::StoredCollection};
use crate::routes::verifik::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{BodyFailures, MissingFailures, NamesakeFailures, ServerFailures, TokenFailures},
    path::CollectionPath,
};
use service::AppState;

/// What changes of a collection: a field that is absent or null stays as it is, an empty text empties it.
#[derive(Debug, ToSchema)]
pub(super) struct UpdateCollection {
    #[schema(max_length = 300)]
    name: String,
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// An id in your own project system.
    #[schema(value_type = Option<String>, max_length = 64)]
    project: Option<Option<String>>,
    /// Exactly who is in it from now on: objects with `_id` or `id`, or plain ids.
    #[schema(value_type = Option<Vec<Object>>, max_items = 10000)]
    people: Option<Vec<PersonId>>,
}

impl FromFields for UpdateCollection {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            name: fields::name(fields).required()?,
            description: fields::description(fields)?,
            project: fields::project(fields)?,
            people: fields.people("people").optional()?,
        })
    }
}

/// Changes a collection, and who is in it.
#[utoipa::path(
    put,
    path = "/v2/face-recognition/collections/{id}",
    operation_id = "update_collection",
    tag = "Collections",
    params(("id" = String, Path, description = "The collection's `_id` or `code`.")),
    request_body = UpdateCollection,
    responses((status = 200, description = "The collection", body = Envelope<StoredCollection>), BodyFailures, MissingFailures, NamesakeFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn update(
    State(app): State<AppState>,
    owner: Owner,
    CollectionPath(wanted): CollectionPath,
    Valid(request): Valid<UpdateCollection>,
) -> Result<Envelope<StoredCollection>, ApiError> {
    let update = CollectionUpdate {
        name: Some(request.name),
        description: request.description,
        project: request.project,
        people: request.people,
    };
    let collection = service::update_collection(&app, owner.client, wanted, update).await?;
    Ok(Envelope::new(collection.into()))
}
