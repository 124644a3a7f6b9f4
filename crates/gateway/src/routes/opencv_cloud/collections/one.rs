//! `POST`, `PATCH`, `GET` and `DELETE /opencv-fr/collection`.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    fields::{CreateCollection, UpdateCollection},
    object::{CollectionObject, counted_one},
};
use crate::routes::opencv_cloud::{
    answers::Deleted,
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    kinds::collection,
    path::Ids,
};
use service::AppState;

/// Creates an empty collection.
#[utoipa::path(
    post,
    path = "/opencv-fr/collection",
    operation_id = "cloud_create_collection",
    tag = "opencv.fr",
    request_body = CreateCollection,
    responses((status = 201, description = "The collection", body = CollectionObject), CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn create(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<CreateCollection>,
) -> Result<(StatusCode, Json<CollectionObject>), ApiError> {
    let new = service::create_collection(&app, owner.client, request.into()).await?;
    Ok((StatusCode::CREATED, Json(CollectionObject::new(new, 0))))
}

/// Changes a collection's name or description.
#[utoipa::path(
    patch,
    path = "/opencv-fr/collection",
    operation_id = "cloud_update_collection",
    tag = "opencv.fr",
    request_body = UpdateCollection,
    responses((status = 200, description = "The collection", body = CollectionObject), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn update(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<UpdateCollection>,
) -> Result<Json<CollectionObject>, ApiError> {
    let id = request.id;
    let now = service::update_collection(&app, owner.client, id, request.into()).await?;
    Ok(Json(counted_one(&app, owner.client, now).await?))
}

/// One collection.
#[utoipa::path(
    get,
    path = "/opencv-fr/collection/{collection_id}",
    operation_id = "cloud_get_collection",
    tag = "opencv.fr",
    params(("collection_id" = String, Path, description = "36 characters")),
    responses((status = 200, description = "The collection", body = CollectionObject), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn retrieve(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
) -> Result<Json<CollectionObject>, ApiError> {
    let [id] = ids;
    let found = service::collection(&app, owner.client, collection(&id)).await?;
    Ok(Json(counted_one(&app, owner.client, found).await?))
}

/// Deletes a collection. Its persons stay.
#[utoipa::path(
    delete,
    path = "/opencv-fr/collection/{collection_id}",
    operation_id = "cloud_delete_collection",
    tag = "opencv.fr",
    params(("collection_id" = String, Path, description = "36 characters")),
    responses((status = 200, description = "What was deleted", body = Deleted), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn delete(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
) -> Result<Json<Deleted>, ApiError> {
    let [id] = ids;
    let gone = service::delete_collection(&app, owner.client, collection(&id)).await?;
    Ok(Json(Deleted::new(gone.code)))
}
