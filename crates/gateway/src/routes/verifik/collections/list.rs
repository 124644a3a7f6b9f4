//! `GET /v2/face-recognition/collections`.

use axum::extract::State;

use super::{field, object::StoredCollection};
use crate::routes::verifik::{
    caller::Owner,
    error::ApiError,
    failures::{QueryFailures, ServerFailures, TokenFailures},
    query::{Paged, Query},
};
use service::AppState;

/// Most collections of a page, where pages are asked for.
const MAX_LIMIT: u32 = 1000;

/// The account's collections, oldest first: all of them, unless a page is asked for.
///
/// Also `where_<field>`, `wherenot_<field>`, `where>_<field>`, `where<_<field>`, `in_<field>` (repeatable) and `like_<field>` with `name`,
/// `description`, `project`, `code`, `_id`, `createdAt`, `updatedAt`, `__v`. Parameters that are not known are ignored.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/collections",
    operation_id = "list_collections",
    tag = "Collections",
    params(
        ("like_name" = Option<String>, Query, description = "A part of the name, in any case. Also `search`."),
        ("page" = Option<u64>, Query, maximum = 100000, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Collections of a page, at most 1000. Also `perPage`."),
        ("offset" = Option<u64>, Query, maximum = 10000000, description = "Collections to leave out, instead of `page`."),
        ("sort" = Option<String>, Query, description = "A field, with `-` in front for descending. Also `sortBy` and `sortOrder`."),
    ),
    responses((status = 200, description = "The collections", body = Paged<StoredCollection>), QueryFailures, ServerFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(app): State<AppState>,
    owner: Owner,
    query: Query,
) -> Result<Paged<StoredCollection>, ApiError> {
    let paging = query.paging(None, MAX_LIMIT);
    let page = service::collections(&app, owner.client, query.listing(paging, field)).await?;
    Ok(Paged::new(paging, page, StoredCollection::from))
}
