//! `GET` and `POST /v2/face-recognition/persons/project-type/{type}`.

use axum::extract::State;

use super::{
    field,
    list::{MAX_LIMIT, collections},
    object::StoredPerson,
};
use crate::{
    routes::headers::SearchHeaders,
    routes::verifik::{
        body::Valid,
        by_face::{ByFace, ByFaceSchema},
        caller::Owner,
        envelope::Envelope,
        error::ApiError,
        failures::{PictureFailures, QueryFailures, ServerFailures, TokenFailures},
        query::{Paged, Query},
    },
};
use service::AppState;

/// Persons of a page when the query does not say.
const DEFAULT_LIMIT: u32 = 20;

/// The account's persons, as the plain list: this server does not tell kinds of projects apart.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/persons/project-type/{type}",
    operation_id = "list_persons_of_project_type",
    tag = "Persons",
    params(
        ("type" = String, Path, description = "Any kind."),
        ("page" = Option<u64>, Query, maximum = 100000, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Persons of a page: 20, at most 200."),
    ),
    responses((status = 200, description = "A page of persons", body = Paged<StoredPerson>), QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    owner: Owner,
    query: Query,
) -> Result<Paged<StoredPerson>, ApiError> {
    let paging = query.paging(Some(DEFAULT_LIMIT), MAX_LIMIT);
    let (collections, listing) = (collections(&query), query.listing(paging, field));
    let page = service::persons(&app, owner.client, collections, listing).await?;
    let populated = query.populates("collections");
    Ok(Paged::new(paging, page, |person| {
        StoredPerson::new(person, populated)
    }))
}

/// The account's persons who have the face of a picture, likest first.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/persons/project-type/{type}",
    operation_id = "find_persons_by_face",
    tag = "Persons",
    params(("type" = String, Path, description = "Any kind.")),
    request_body = ByFaceSchema,
    responses((status = 200, description = "The persons; nobody is an empty list", body = Envelope<Vec<StoredPerson>>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn find(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<ByFace>,
) -> Result<(SearchHeaders, Envelope<Vec<StoredPerson>>), ApiError> {
    let found = service::persons_like(&app, &owner.call, owner.client, request.into());
    let (persons, aim) = found.await?;
    let shown = persons
        .into_iter()
        .map(|person| StoredPerson::new(person, false));
    Ok((SearchHeaders::new(aim), Envelope::new(shown.collect())))
}
