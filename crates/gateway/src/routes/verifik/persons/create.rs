//! `POST /v2/face-recognition/persons`.

use axum::extract::State;
use utoipa::ToSchema;

use super::{
    fields::{self, Description},
    object::{StoredPerson, enrolled},
};
use crate::{
    routes::headers::LookAlikeHeader,
    routes::verifik::{
        body::{Fields, FromFields, Invalid, Valid},
        caller::Owner,
        envelope::Envelope,
        error::ApiError,
        failures::{MissingFailures, PictureFailures, TokenFailures},
    },
};
use service::{AppState, PictureSource, Probe};

/// A person to enrol.
#[derive(Debug)]
pub(super) struct CreatePerson {
    name: String,
    images: Vec<PictureSource>,
    description: Description,
}

/// A person to enrol. In one collection there is one person of a name and date of birth.
#[derive(ToSchema)]
#[schema(as = CreatePerson)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct CreatePersonSchema {
    /// Digits are taken out of it.
    #[schema(example = "John Doe", max_length = 300)]
    name: String,
    /// One to three pictures of the person: base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(min_items = 1, max_items = 3)]
    images: Vec<String>,
    /// `M` or `F`.
    gender: Option<String>,
    #[schema(example = "1990-01-15")]
    date_of_birth: Option<String>,
    nationality: Option<String>,
    /// Ids or codes. (`colletions` is taken too.)
    #[schema(max_items = 1000)]
    collections: Option<Vec<String>>,
    notes: Option<String>,
    /// One more of `emails`.
    email: Option<String>,
    #[schema(max_items = 100)]
    emails: Option<Vec<String>>,
    /// One more of `phones`.
    phone: Option<String>,
    #[schema(max_items = 100)]
    phones: Option<Vec<String>>,
}

impl FromFields for CreatePerson {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            name: fields::name(fields).required()?,
            images: fields::images(fields).required()?,
            description: Description::read(fields)?,
        })
    }
}

/// Enrols a person.
///
/// A person of the same name and date of birth in one of the collections is `person_already_set` (412), with that person in `data`.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/persons",
    operation_id = "create_person",
    tag = "Persons",
    request_body = CreatePersonSchema,
    responses((status = 200, description = "The person", body = Envelope<StoredPerson>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn create(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<CreatePerson>,
) -> Result<(LookAlikeHeader, Envelope<StoredPerson>), ApiError> {
    let new = request.description.into_new(request.name);
    let person =
        service::create_person(&app, owner.client, new, request.images, Probe::Pictures).await?;
    Ok(enrolled(person))
}
