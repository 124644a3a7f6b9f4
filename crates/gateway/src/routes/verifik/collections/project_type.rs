//! `GET` and `POST /v2/face-recognition/collections/project-type/{type}`.

use axum::extract::State;
use store::Page;

use super::{field, object::StoredCollection};
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

/// Collections of a page when the query does not say, and at most: they come with their persons.
const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// The account's collections with their persons: this server does not tell kinds of projects apart.
///
/// A page shows at most 1000 persons in all.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/collections/project-type/{type}",
    operation_id = "list_collections_of_project_type",
    tag = "Collections",
    params(
        ("type" = String, Path, description = "Any kind."),
        ("page" = Option<u64>, Query, maximum = 100000, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Collections of a page: 20, at most 100."),
    ),
    responses((status = 200, description = "A page of collections", body = Paged<StoredCollection>), QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    owner: Owner,
    query: Query,
) -> Result<Paged<StoredCollection>, ApiError> {
    let paging = query.paging(Some(DEFAULT_LIMIT), MAX_LIMIT);
    let listing = query.listing(paging, field);
    let Page { items, total } = service::collections(&app, owner.client, listing).await?;
    let items = service::with_people(&app, owner.client, items).await?;
    Ok(Paged::new(
        paging,
        Page { items, total },
        StoredCollection::with_people,
    ))
}

/// The collections in which somebody has the face of a picture, likest first, each with those who have it.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/collections/project-type/{type}",
    operation_id = "find_collections_by_face",
    tag = "Collections",
    params(("type" = String, Path, description = "Any kind.")),
    request_body = ByFaceSchema,
    responses((status = 200, description = "The collections; none is an empty list", body = Envelope<Vec<StoredCollection>>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn find(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<ByFace>,
) -> Result<(SearchHeaders, Envelope<Vec<StoredCollection>>), ApiError> {
    let found = service::collections_like(&app, &owner.call, owner.client, request.into());
    let (found, aim) = found.await?;
    let shown = found.into_iter().map(StoredCollection::with_people);
    Ok((SearchHeaders::new(aim), Envelope::new(shown.collect())))
}
