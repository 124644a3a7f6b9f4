//! `POST /opencv-fr/verify`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    kinds::{effort, min_score, person_id},
    persons::{PersonMatch, matches},
};
use crate::routes::opencv::body::{FromReader, Reader, picture};
use crate::routes::opencv::document as words;
use service::{AppState, Claim, PictureSource};

/// Pictures of one person. The contract states no upper bound; a job of the engine must have one.
const PICTURES: (usize, usize) = (1, 100);

/// Who somebody is said to be, and pictures of that somebody.
#[derive(Debug, ToSchema)]
#[schema(as = CloudVerify)]
pub(super) struct VerifyRequest {
    /// The person.
    #[schema(min_length = 1, max_length = 100)]
    id: String,
    /// Pictures of one person, in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    images: Vec<PictureSource>,
    /// Least score of a match. A number, or a text that is one.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.81)]
    min_score: f64,
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "ACCURATE")]
    verification_mode: Effort,
}

impl FromReader for VerifyRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let id = reader.required("id", person_id);
        let images = reader.list("images", PICTURES, picture);
        let min_score = min_score(reader, 0.0);
        let verification_mode = reader.or("verification_mode", Effort::Accurate, effort);
        Some(Self {
            id: id?,
            images: images?,
            min_score: min_score?,
            verification_mode: verification_mode?,
        })
    }
}

/// Whether it is that person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudVerified)]
pub(super) struct Verified {
    /// The person, when the pictures are of it; else `null`.
    #[serde(rename = "match")]
    matched: Option<PersonMatch>,
}

/// Is this the enrolled person that it is said to be?
#[utoipa::path(
    post,
    path = "/opencv-fr/verify",
    operation_id = "cloud_verify",
    tag = "opencv.fr",
    request_body = VerifyRequest,
    responses((status = 200, description = "The person, or null", body = Verified), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn verify(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<VerifyRequest>,
) -> Result<Json<Verified>, ApiError> {
    let client = owner.client;
    let claim = Claim {
        client,
        person: service::person_of_key(&app, client, &request.id).await?.id,
        collection: None,
        pictures: request.images,
        min_score: request.min_score,
        effort: request.verification_mode,
    };
    let found = service::verify(&app, &owner.call, claim).await?.answer;
    let mut all = matches(&app, client, found.into_iter().collect()).await?;
    Ok(Json(Verified { matched: all.pop() }))
}
