//! `PATCH /opencv-fr/person`, `GET` and `DELETE /opencv-fr/person/{person_id}`.

use axum::{Json, extract::State};

use super::{
    fields::{Description, person_schema},
    object::{PersonObject, shown_one},
};
use crate::routes::{
    opencv::body::{FromReader, Reader, picture},
    opencv_cloud::{
        answers::Deleted,
        error::ApiError,
        extract::{Owner, Valid},
        failures::{CommonFailures, ConflictFailures, MissingFailures},
        kinds::{PICTURES, person_id},
        path::Ids,
    },
};
use service::{AppState, PictureSource};

/// What is to be different of a person.
#[derive(Debug)]
pub(in crate::routes::opencv_cloud) struct UpdatePerson {
    id: String,
    images: Option<Vec<PictureSource>>,
    description: Description,
}

person_schema! {
    /// What is to be different. What is absent, or `null`, stays as it is; an empty text takes `nationality` or `notes` away.
    /// `collections` are all that the person is in from now on.
    #[schema(as = CloudUpdatePerson)]
    UpdatePersonSchema {
        /// Which person.
        #[schema(min_length = 1, max_length = 100)]
        id: String,
        /// One to three pictures, in base64, which take the place of all earlier ones.
        #[schema(min_items = 1, max_items = 3)]
        images: Option<Vec<String>>,
    }
}

impl FromReader for UpdatePerson {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let id = reader.required("id", person_id);
        let images = reader.optional_list("images", PICTURES, picture);
        let description = Description::read(reader);
        Some(Self {
            id: id?,
            images: images?,
            description: description?,
        })
    }
}

/// Changes a person.
#[utoipa::path(
    patch,
    path = "/opencv-fr/person",
    operation_id = "cloud_update_person",
    tag = "opencv.fr",
    request_body = UpdatePersonSchema,
    responses((status = 200, description = "The person", body = PersonObject), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn update(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<UpdatePerson>,
) -> Result<Json<PersonObject>, ApiError> {
    let client = owner.client;
    let id = service::person_of_key(&app, client, &request.id).await?.id;
    let update = request.description.into_update();
    let person = service::update_person(&app, client, id, update, request.images).await?;
    Ok(Json(shown_one(&app, client, person).await?))
}

/// One person.
#[utoipa::path(
    get,
    path = "/opencv-fr/person/{person_id}",
    operation_id = "cloud_get_person",
    tag = "opencv.fr",
    params(("person_id" = String, Path, description = "The person")),
    responses((status = 200, description = "The person", body = PersonObject), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn retrieve(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
) -> Result<Json<PersonObject>, ApiError> {
    let [id] = ids;
    let person = service::shown_person(&app, owner.client, &id).await?;
    Ok(Json(shown_one(&app, owner.client, person).await?))
}

/// Deletes a person, everywhere.
#[utoipa::path(
    delete,
    path = "/opencv-fr/person/{person_id}",
    operation_id = "cloud_delete_person",
    tag = "opencv.fr",
    params(("person_id" = String, Path, description = "The person")),
    responses((status = 200, description = "Who was deleted", body = Deleted, headers(
            ("x-rostro-deletion-receipt" = Option<String>, description = "Where the database is encrypted and a person was deleted: a signed receipt (compact JWS) of it. `rostro receipt verify` reads it.")
        )), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn delete(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<1>,
) -> Result<Json<Deleted>, ApiError> {
    let [id] = ids;
    let person = service::person_of_key(&app, owner.client, &id).await?;
    service::delete_person(&app, owner.client, person.id, None).await?;
    Ok(Json(Deleted::new(id)))
}
