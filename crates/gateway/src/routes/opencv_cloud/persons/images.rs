//! The pictures of a person: `POST` and `PATCH /opencv-fr/person/images`, `DELETE /opencv-fr/person/image`.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use store::{FaceId, PersonUpdate};
use utoipa::ToSchema;

use super::{
    fields::{Description, person_schema},
    object::{PersonObject, Thumbnail, shown_one},
};
use crate::routes::opencv::document as words;
use crate::routes::{
    opencv::body::{FromReader, Input, Reader, Rule, picture, text},
    opencv_cloud::{
        answers::Deleted,
        error::ApiError,
        extract::{Owner, Valid},
        failures::{CommonFailures, ConflictFailures, MissingFailures},
        kinds::{PICTURES, face, person_id},
        path::Ids,
    },
};
use service::{AppState, PictureSource};

/// Most pictures that one request removes.
const MOST_REMOVED: usize = 1000;

/// More pictures of a person.
#[derive(Debug, ToSchema)]
#[schema(as = CloudAddImages)]
pub(in crate::routes::opencv_cloud) struct AddImages {
    #[schema(min_length = 1, max_length = 100)]
    person_id: String,
    /// One to three pictures of the person, in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    images: Vec<PictureSource>,
}

impl FromReader for AddImages {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let person_id = reader.required("person_id", person_id);
        let images = reader.list("images", PICTURES, picture);
        Some(Self {
            person_id: person_id?,
            images: images?,
        })
    }
}

/// A picture that was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudAddedImage)]
pub(in crate::routes::opencv_cloud) struct AddedImage {
    #[serde(flatten)]
    thumbnail: Thumbnail,
    person_id: String,
}

/// What is to be different of a person and its pictures.
#[derive(Debug)]
pub(in crate::routes::opencv_cloud) struct ChangeImages {
    id: String,
    added: Vec<PictureSource>,
    removed: Vec<FaceId>,
    description: Description,
}

person_schema! {
    /// What is to be different, all or nothing. The other fields are those of `PATCH /opencv-fr/person`.
    #[schema(as = CloudChangeImages)]
    ChangeImagesSchema {
        /// Which person.
        #[schema(min_length = 1, max_length = 100)]
        id: String,
        /// One to three pictures to add, in base64.
        #[schema(min_items = 1, max_items = 3)]
        new_images: Option<Vec<String>>,
        /// Ids of `thumbnails` to remove; each must be the person's.
        #[schema(value_type = Option<Vec<words::ThumbnailIdText>>, inline, min_items = 1, max_items = 1000)]
        removed_thumbnail_ids: Option<Vec<String>>,
    }
}

impl FromReader for ChangeImages {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let id = reader.required("id", person_id);
        let added = reader.optional_list("new_images", PICTURES, picture);
        let removed = reader.optional_list("removed_thumbnail_ids", (1, MOST_REMOVED), thumbnail);
        let description = Description::read(reader);
        Some(Self {
            id: id?,
            added: added?.unwrap_or_default(),
            removed: removed?.unwrap_or_default(),
            description: description?,
        })
    }
}

fn thumbnail(input: &Input<'_, '_>) -> Result<FaceId, Rule> {
    text(1..=100)(input).map(|id| face(&id))
}

/// Adds pictures to those that a person has.
#[utoipa::path(
    post,
    path = "/opencv-fr/person/images",
    operation_id = "cloud_add_person_images",
    tag = "opencv.fr",
    request_body = AddImages,
    responses((status = 201, description = "The pictures that were added", body = Vec<AddedImage>), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn add(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<AddImages>,
) -> Result<(StatusCode, Json<Vec<AddedImage>>), ApiError> {
    let (client, key) = (owner.client, request.person_id);
    let id = service::person_of_key(&app, client, &key).await?.id;
    let (update, images) = (PersonUpdate::default(), request.images);
    let new = images.len();
    let person = service::change_pictures(&app, client, id, update, images).await?;
    // They are the last: the answer is of the moment in which they were added.
    let older = person.faces.len().saturating_sub(new);
    let added = person.faces.iter().skip(older).filter_map(Thumbnail::of);
    let added = added.map(|thumbnail| AddedImage {
        thumbnail,
        person_id: key.clone(),
    });
    Ok((StatusCode::CREATED, Json(added.collect())))
}

/// Adds and removes pictures of a person, and changes its other fields.
#[utoipa::path(
    patch,
    path = "/opencv-fr/person/images",
    operation_id = "cloud_change_person_images",
    tag = "opencv.fr",
    request_body = ChangeImagesSchema,
    responses((status = 200, description = "The person", body = PersonObject), MissingFailures, ConflictFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn change(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<ChangeImages>,
) -> Result<Json<PersonObject>, ApiError> {
    let client = owner.client;
    let id = service::person_of_key(&app, client, &request.id).await?.id;
    let update = PersonUpdate {
        removed_faces: request.removed,
        ..request.description.into_update()
    };
    let person = service::change_pictures(&app, client, id, update, request.added).await?;
    Ok(Json(shown_one(&app, client, person).await?))
}

/// Removes a picture of a person. Of one without pictures no search finds anything.
#[utoipa::path(
    delete,
    path = "/opencv-fr/person/image/{person_id}/{thumbnail_id}",
    operation_id = "cloud_delete_person_image",
    tag = "opencv.fr",
    params(
        ("person_id" = String, Path, description = "The person"),
        ("thumbnail_id" = String, Path, description = "The `id` of one of its `thumbnails`"),
    ),
    responses((status = 200, description = "What was deleted", body = Deleted), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(in crate::routes::opencv_cloud) async fn delete(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Ids(ids): Ids<2>,
) -> Result<Json<Deleted>, ApiError> {
    let [person, thumbnail] = ids;
    let id = service::person_of_key(&app, owner.client, &person)
        .await?
        .id;
    let update = PersonUpdate {
        removed_faces: vec![face(&thumbnail)],
        ..PersonUpdate::default()
    };
    service::change_pictures(&app, owner.client, id, update, Vec::new()).await?;
    Ok(Json(Deleted::new(thumbnail)))
}
