//! `DELETE /v2/face-recognition/collections/{id}`.

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

/// Deletes a collection. Its persons stay.
#[utoipa::path(
    delete,
    path = "/v2/face-recognition/collections/{id}",
    operation_id = "delete_collection",
    tag = "Collections",
    params(("id" = String, Path, description = "The collection's `_id` or `code`.")),
    responses((status = 200, description = "The collection as it was", body = Envelope<StoredCollection>), MissingFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(app): State<AppState>,
    owner: Owner,
    CollectionPath(wanted): CollectionPath,
) -> Result<Envelope<StoredCollection>, ApiError> {
    let collection = service::delete_collection(&app, owner.client, wanted).await?;
    Ok(Envelope::new(collection.into()))
}
