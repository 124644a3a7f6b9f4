//! `POST /opencv-fr/person` and `/opencv-fr/person/crops`.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    fields::{Description, person_schema},
    object::{PersonObject, shown_one},
};
use crate::routes::{
    headers::LookAlikeHeader,
    opencv::{
        self,
        body::{FromReader, Reader, boolean, picture},
    },
    opencv_cloud::{
        error::ApiError,
        extract::{Owner, Valid},
        failures::{CommonFailures, ConflictFailures, MissingFailures},
        kinds::{PICTURES, person_id},
    },
};
use service::{App, AppState, PictureSource, Probe, person_key};

/// A person to enrol.
#[derive(Debug)]
pub(in crate::routes::opencv_cloud) struct CreatePerson {
    id: Option<String>,
    images: Vec<PictureSource>,
    description: Description,
}

person_schema! {
    /// A person to enrol.
    #[schema(as = CloudCreatePerson)]
    CreatePersonSchema {
        /// The caller's own id of the person; the server makes one otherwise. Case counts.
        #[schema(min_length = 1, max_length = 100)]
        id: Option<String>,
        /// One to three pictures of the person, in base64.
        #[schema(min_items = 1, max_items = 3)]
        images: Vec<String>,
        /// Taken, and without effect: every person is enrolled alike.
        is_bulk_insert: Option<bool>,
    }
}

impl FromReader for CreatePerson {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let id = reader.optional("id", person_id);
        let images = reader.list("images", PICTURES, picture);
        let bulk = reader.or("is_bulk_insert", false, boolean);
        let description = Description::read(reader);
        bulk?;
        Some(Self {
            id: id?,
            images: images?,
            description: description?,
        })
    }
}

/// Enrols a person.
///
/// Whoever has the id already is `ERR_ALREADY_EXISTS`. Two persons may have one face, and one name.
#[utoipa::path(
    post,
    path = "/opencv-fr/person",
    operation_id = "cloud_create_person",
    tag = "opencv.fr",
    request_body = CreatePersonSchema,
    responses((status = 201, description = "The person", body = PersonObject), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn create(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<CreatePerson>,
) -> Result<(StatusCode, LookAlikeHeader, Json<PersonObject>), ApiError> {
    enrol(&app, owner, request, Probe::Pictures).await
}

/// Enrols a person by face crops, such as `detect` gives. Larger pictures are taken too.
#[utoipa::path(
    post,
    path = "/opencv-fr/person/crops",
    operation_id = "cloud_create_person_from_crops",
    tag = "opencv.fr",
    request_body = CreatePersonSchema,
    responses((status = 201, description = "The person", body = PersonObject), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn create_from_crops(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<CreatePerson>,
) -> Result<(StatusCode, LookAlikeHeader, Json<PersonObject>), ApiError> {
    enrol(&app, owner, request, Probe::Crops).await
}

async fn enrol(
    app: &App,
    owner: opencv::Owner,
    request: CreatePerson,
    pictures: Probe,
) -> Result<(StatusCode, LookAlikeHeader, Json<PersonObject>), ApiError> {
    let client = owner.client;
    let new = request.description.into_new(request.id);
    let enrolled = service::create_person(app, client, new, request.images, pictures).await?;
    let near = enrolled.look_alikes.iter();
    let near = near.map(|one| (person_key(&one.person), one.score.rounded()));
    Ok((
        StatusCode::CREATED,
        LookAlikeHeader(near.collect()),
        Json(shown_one(app, client, enrolled.person).await?),
    ))
}
