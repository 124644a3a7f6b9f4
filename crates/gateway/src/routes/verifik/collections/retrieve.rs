//! `GET /v2/face-recognition/collections/{id}`.

use axum::extract::State;

use super::object::StoredCollection;
use crate::routes::verifik::{
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, ServerFailures, TokenFailures},
    path::CollectionPath,
};
use service::AppState;

/// One collection.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/collections/{id}",
    operation_id = "retrieve_collection",
    tag = "Collections",
    params(("id" = String, Path, description = "The collection's `_id` or `code`.")),
    responses((status = 200, description = "The collection", body = Envelope<StoredCollection>), MissingFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn retrieve(
    State(app): State<AppState>,
    owner: Owner,
    CollectionPath(wanted): CollectionPath,
) -> Result<Envelope<StoredCollection>, ApiError> {
    let collection = service::collection(&app, owner.client, wanted).await?;
    Ok(Envelope::new(collection.into()))
}
