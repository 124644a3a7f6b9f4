//! Lists of collections.

use axum::{Json, extract::State};
use serde::Serialize;
use store::{ClientId, CollectionField, Comparison, Condition, Listing};
use utoipa::ToSchema;

use super::object::{CollectionObject, counted};
use crate::routes::opencv_cloud::{
    error::ApiError,
    extract::{Owner, ValidQuery},
    failures::{CommonFailures, MissingFailures},
    kinds::collection,
    listing::ListQuery,
    path::Ids,
};
use service::{App, AppState};

/// Most collections that are asked for by id at once: as many as a page of a list has.
const MOST_IDS: usize = 100;

/// A part of a list of collections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudCollections)]
pub(in crate::routes::opencv_cloud) struct CollectionPage {
    /// How many there are in all parts.
    count: u64,
    collections: Vec<CollectionObject>,
}

impl CollectionPage {
    async fn load(
        app: &App,
        client: ClientId,
        listing: Listing<CollectionField>,
    ) -> Result<Self, ApiError> {
        let page = service::collections(app, client, Some(listing)).await?;
        Ok(Self {
            count: page.total,
            collections: counted(app, client, page.items).await?,
        })
    }
}

/// The account's collections, by name.
#[utoipa::path(
    get,
    path = "/opencv-fr/collections",
    operation_id = "cloud_list_collections",
    tag = "opencv.fr",
    params(ListQuery),
    responses((status = 200, description = "The collections", body = CollectionPage), CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn list(
    State(app): State<AppState>,
    Owner(owner): Owner,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<CollectionPage>, ApiError> {
    let listing = query.listing(CollectionField::Name, CollectionField::Name)?;
    Ok(Json(
        CollectionPage::load(&app, owner.client, listing).await?,
    ))
}

/// The collections of these ids, in their order. An id that names none is left out: the answer is a list of what there is.
#[utoipa::path(
    get,
    path = "/opencv-fr/collections/{collection_ids}",
    operation_id = "cloud_get_collections",
    tag = "opencv.fr",
    params(("collection_ids" = String, Path, description = "One to a hundred ids, with commas in between")),
    responses((status = 200, description = "The collections", body = Vec<CollectionObject>), CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn of_ids(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
) -> Result<Json<Vec<CollectionObject>>, ApiError> {
    let [ids] = ids;
    let ids: Vec<&str> = ids.split(',').map(str::trim).collect();
    if ids.len() > MOST_IDS {
        return Err(ApiError::too_many_in_path("collection_ids", MOST_IDS));
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(app.store.collection(owner.client, collection(id)).await?);
    }
    Ok(Json(counted(&app, owner.client, found).await?))
}

/// The collections that a person is in, by name.
#[utoipa::path(
    get,
    path = "/opencv-fr/collections/person/{person_id}",
    operation_id = "cloud_list_collections_of_person",
    tag = "opencv.fr",
    params(("person_id" = String, Path, description = "The person"), ListQuery),
    responses((status = 200, description = "The collections", body = CollectionPage), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn of_person(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Json<CollectionPage>, ApiError> {
    let [id] = ids;
    let person = service::person_of_key(&app, owner.client, &id).await?;
    let ids: Vec<String> = person
        .collections
        .iter()
        .map(|one| one.id.to_string())
        .collect();
    let mut listing = query.listing(CollectionField::Name, CollectionField::Name)?;
    let among = Condition::new(CollectionField::Id, Comparison::In, &ids);
    listing
        .conditions
        .push(among.map_err(|_| ApiError::internal())?);
    Ok(Json(
        CollectionPage::load(&app, owner.client, listing).await?,
    ))
}
