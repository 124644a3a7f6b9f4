//! `GET /v2/face-recognition/persons/{id}`.

use axum::extract::State;

use super::object::StoredPerson;
use crate::routes::verifik::{
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, QueryFailures, ServerFailures, TokenFailures},
    path::PersonPath,
    query::Query,
};
use service::AppState;

/// One person.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/persons/{id}",
    operation_id = "retrieve_person",
    tag = "Persons",
    params(
        ("id" = String, Path, description = "The person's `_id`."),
        ("populates[]" = Option<String>, Query, description = "`collections`: show them whole."),
    ),
    responses((status = 200, description = "The person", body = Envelope<StoredPerson>), MissingFailures, QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn retrieve(
    State(app): State<AppState>,
    owner: Owner,
    PersonPath(id): PersonPath,
    query: Query,
) -> Result<Envelope<StoredPerson>, ApiError> {
    let person = service::person(&app, owner.client, id).await?;
    let populated = query.populates("collections");
    Ok(Envelope::new(StoredPerson::new(person, populated)))
}
