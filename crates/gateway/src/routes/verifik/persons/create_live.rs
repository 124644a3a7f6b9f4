//! `POST /v2/face-recognition/persons/search-live-face`.

use axum::extract::State;
use store::CollectionRef;
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
        document::SearchMode,
        envelope::Envelope,
        error::ApiError,
        failures::{MissingFailures, PictureFailures, TokenFailures},
        liveness,
    },
};
use service::{AppState, LiveEnrolment, PictureSource};

/// A person to enrol if nobody in the collection has the face, and the face is live.
#[derive(Debug)]
pub(super) struct CreateLivePerson {
    name: String,
    images: Vec<PictureSource>,
    description: Description,
    collection: CollectionRef,
    liveness_min_score: f64,
    min_score: f64,
    search_mode: SearchMode,
}

/// A person to enrol if nobody in the collection has the face, and the face is live.
#[derive(ToSchema)]
#[schema(as = CreateLivePerson)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct CreateLivePersonSchema {
    /// Digits are taken out of it.
    #[schema(example = "Jane Doe", max_length = 300)]
    name: String,
    /// One to three pictures of the person, each live: base64 (also URL-safe, with line breaks, or as a data URI), or an
    /// `https` address.
    #[schema(min_items = 1, max_items = 3)]
    images: Vec<String>,
    /// `M` or `F`.
    gender: String,
    #[schema(example = "1990-01-15")]
    date_of_birth: String,
    /// Id or code.
    collection_id: String,
    /// The liveness score of every picture must be above this.
    #[schema(minimum = 0.5, maximum = 1)]
    liveness_min_score: f64,
    /// A person of the collection who scores this or more is a duplicate.
    #[schema(minimum = 0.5, maximum = 1)]
    min_score: f64,
    /// How hard to search.
    search_mode: SearchMode,
    nationality: Option<String>,
    notes: Option<String>,
}

impl FromFields for CreateLivePerson {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let (name, images) = (
            fields::name(fields).required()?,
            fields::images(fields).required()?,
        );
        fields::gender(fields).required()?;
        fields::date_of_birth(fields).required()?;
        Ok(Self {
            name,
            images,
            collection: fields.collection("collection_id").required()?,
            liveness_min_score: fields.number("liveness_min_score", 0.5, 1.0).required()?,
            min_score: fields.number("min_score", 0.5, 1.0).required()?,
            search_mode: fields.search_mode("search_mode").required()?,
            description: Description::read(fields)?,
        })
    }
}

/// Enrols a person after two checks.
///
/// First the collection is searched for the face: `409:duplicated_person`. Then every picture must be live:
/// `409:liveness_failed@<score>`, or `409:liveness_quality@<code>` for one that cannot be judged. Then as for a plain enrolment.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/persons/search-live-face",
    operation_id = "create_live_person",
    tag = "Persons",
    request_body = CreateLivePersonSchema,
    responses((status = 200, description = "The person", body = Envelope<StoredPerson>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn create_live(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<CreateLivePerson>,
) -> Result<(LookAlikeHeader, Envelope<StoredPerson>), ApiError> {
    let enrolment = LiveEnrolment {
        person: request.description.into_new(request.name),
        images: request.images,
        collection: request.collection,
        policy: liveness::policy(&app, request.liveness_min_score),
        min_score: request.min_score,
        effort: request.search_mode.into(),
    };
    let person = service::create_live_person(&app, &owner.call, owner.client, enrolment).await?;
    Ok(enrolled(person))
}
