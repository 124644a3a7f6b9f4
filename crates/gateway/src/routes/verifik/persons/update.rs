//! `PUT /v2/face-recognition/persons/{id}`.

use axum::extract::State;
use utoipa::ToSchema;

use super::{
    fields::{self, Description},
    object::StoredPerson,
};
use crate::routes::verifik::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    path::PersonPath,
};
use service::{AppState, PictureSource};

/// What changes of a person.
#[derive(Debug)]
pub(super) struct UpdatePerson {
    name: Option<String>,
    images: Option<Vec<PictureSource>>,
    description: Description,
}

/// What changes of a person: a field that is absent or null stays as it is, an empty text empties it.
#[derive(ToSchema)]
#[schema(as = UpdatePerson)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct UpdatePersonSchema {
    /// Digits are taken out of it.
    #[schema(max_length = 300)]
    name: Option<String>,
    /// One to three pictures that take the place of all earlier ones.
    #[schema(min_items = 1, max_items = 3)]
    images: Option<Vec<String>>,
    /// `M` or `F`.
    gender: Option<String>,
    #[schema(example = "1990-01-15")]
    date_of_birth: Option<String>,
    nationality: Option<String>,
    /// Ids or codes of exactly the collections that the person is in from now on.
    #[schema(max_items = 1000)]
    collections: Option<Vec<String>>,
    notes: Option<String>,
    #[schema(max_items = 100)]
    emails: Option<Vec<String>>,
    #[schema(max_items = 100)]
    phones: Option<Vec<String>>,
}

impl FromFields for UpdatePerson {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            name: fields::name(fields).optional()?,
            images: fields::images(fields).optional()?,
            description: Description::read(fields)?,
        })
    }
}

/// Changes a person.
#[utoipa::path(
    put,
    path = "/v2/face-recognition/persons/{id}",
    operation_id = "update_person",
    tag = "Persons",
    params(("id" = String, Path, description = "The person's `_id`.")),
    request_body = UpdatePersonSchema,
    responses((status = 200, description = "The person", body = Envelope<StoredPerson>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn update(
    State(app): State<AppState>,
    owner: Owner,
    PersonPath(id): PersonPath,
    Valid(request): Valid<UpdatePerson>,
) -> Result<Envelope<StoredPerson>, ApiError> {
    let update = request.description.into_update(request.name);
    let person = service::update_person(&app, owner.client, id, update, request.images).await?;
    Ok(Envelope::new(StoredPerson::new(person, false)))
}
