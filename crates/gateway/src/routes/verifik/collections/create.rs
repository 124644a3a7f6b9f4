//! `POST /v2/face-recognition/collections`.

use axum::extract::State;
use store::NewCollection;
use utoipa::ToSchema;

use super::{fields, object::StoredCollection};
use crate::routes::verifik::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{BodyFailures, ServerFailures, TokenFailures},
};
use service::AppState;

/// A collection to create.
#[derive(Debug, ToSchema)]
pub(super) struct CreateCollection {
    /// Several collections may have the same name.
    #[schema(example = "Test Example", max_length = 300)]
    name: String,
    #[schema(example = "Collection for tests")]
    description: Option<String>,
    /// An id in your own project system.
    #[schema(max_length = 64)]
    project: Option<String>,
}

impl FromFields for CreateCollection {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            name: fields::name(fields).required()?,
            description: fields::description(fields)?.flatten(),
            project: fields::project(fields)?.flatten(),
        })
    }
}

/// Creates an empty collection.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/collections",
    operation_id = "create_collection",
    tag = "Collections",
    request_body = CreateCollection,
    responses((status = 200, description = "The collection", body = Envelope<StoredCollection>), BodyFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn create(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<CreateCollection>,
) -> Result<Envelope<StoredCollection>, ApiError> {
    let new = NewCollection {
        name: request.name,
        description: request.description,
        project: request.project,
        ..NewCollection::default()
    };
    let collection = service::create_collection(&app, owner.client, new).await?;
    Ok(Envelope::new(collection.into()))
}
