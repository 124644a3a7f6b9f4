//! `GET /v2/face-recognition/persons`.

use axum::extract::State;
use store::CollectionRef;

use super::{field, object::StoredPerson};
use crate::routes::verifik::{
    caller::Owner,
    error::ApiError,
    failures::{QueryFailures, ServerFailures, TokenFailures},
    ids,
    query::{Paged, Query},
};
use service::AppState;

/// Persons of a page when the query does not say.
const DEFAULT_LIMIT: u32 = 10;

/// Most persons of a page: clients send 200.
pub(super) const MAX_LIMIT: u32 = 200;

/// Names of the parameters that confine a list to collections.
const COLLECTIONS: [&str; 5] = [
    "in_collections",
    "where_collections",
    "collections",
    "collection",
    "collection_id",
];

/// The collections that a list is confined to; none is all persons of the account.
pub(super) fn collections(query: &Query) -> Option<Vec<CollectionRef>> {
    let named = COLLECTIONS.iter().flat_map(|name| query.all(name));
    let collections: Vec<_> = named.map(ids::collection).collect();
    (!collections.is_empty()).then_some(collections)
}

/// The account's persons, oldest first.
///
/// Also `where_<field>`, `wherenot_<field>`, `where>_<field>`, `where<_<field>`, `in_<field>` (repeatable) and `like_<field>` with `name`,
/// `gender`, `date_of_birth`, `nationality`, `notes`, `emails`, `phones`, `createdAt`, `updatedAt`, `__v`, `_id`. Parameters that are not
/// known are ignored.
#[utoipa::path(
    get,
    path = "/v2/face-recognition/persons",
    operation_id = "list_persons",
    tag = "Persons",
    params(
        ("page" = Option<u64>, Query, maximum = 100000, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Persons of a page: 10, at most 200. Also `perPage`."),
        ("offset" = Option<u64>, Query, maximum = 10000000, description = "Persons to leave out, instead of `page`."),
        ("collection" = Option<String>, Query, description = "Id or code: only its members."),
        ("in_collections" = Option<Vec<String>>, Query, max_items = 500, description = "Ids or codes: members of any of them."),
        ("like_name" = Option<String>, Query, description = "A part of the name, in any case. Also `search`."),
        ("sort" = Option<String>, Query, description = "A field, with `-` in front for descending. Also `sortBy` and `sortOrder`."),
        ("populates[]" = Option<String>, Query, description = "`collections`: show them whole."),
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
