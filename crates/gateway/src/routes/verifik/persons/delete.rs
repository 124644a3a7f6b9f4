//! `DELETE /v2/face-recognition/persons/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::{Detached, PersonId};
use utoipa::ToSchema;

use service::AppState;

use crate::routes::verifik::{
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, QueryFailures, ServerFailures, TokenFailures},
    ids,
    path::PersonPath,
    query::Query,
};

/// Who it was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Gone {
    /// 24 hex digits.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: PersonId,
}

/// A deletion as clients of every generation read it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deletion {
    #[serde(flatten)]
    envelope: Envelope<Gone>,
    /// Always true.
    success: bool,
    /// What was done.
    #[schema(example = "Person deleted successfully")]
    message: &'static str,
}

impl IntoResponse for Deletion {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// Deletes a person; with `collection`, only takes it out of that collection, and deletes it when that was the last one.
#[utoipa::path(
    delete,
    path = "/v2/face-recognition/persons/{id}",
    operation_id = "delete_person",
    tag = "Persons",
    params(
        ("id" = String, Path, description = "The person's `_id`."),
        ("collection" = Option<String>, Query, description = "Code or id."),
    ),
    responses((status = 200, description = "Done", body = Deletion, headers(
            ("x-rostro-deletion-receipt" = Option<String>, description = "Where the database is encrypted and a person was deleted: a signed receipt (compact JWS) of it. `rostro receipt verify` reads it.")
        )), MissingFailures, QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(app): State<AppState>,
    owner: Owner,
    PersonPath(id): PersonPath,
    query: Query,
) -> Result<Deletion, ApiError> {
    let collection = query.text("collection").map(ids::collection);
    let done = service::delete_person(&app, owner.client, id, collection).await?;
    Ok(Deletion {
        envelope: Envelope::new(Gone { id }),
        success: true,
        message: match done {
            Detached::Deleted => "Person deleted successfully",
            Detached::Kept => "Person removed from the collection successfully",
        },
    })
}
