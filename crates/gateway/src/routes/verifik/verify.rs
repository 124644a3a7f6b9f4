//! `POST /v2/face-recognition/verify`.

use axum::extract::State;
use serde::Serialize;
use store::{ClientId, CollectionRef, PersonId};
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    ids,
    matches::PersonMatch,
    search,
};
use service::{AppState, Claim, PictureSource};

/// Who somebody is said to be, and pictures of that somebody.
#[derive(Debug, ToSchema)]
pub(super) struct VerifyRequest {
    /// The person's `_id`.
    #[schema(value_type = String, example = "68defec6a9a7b4933d5652f3")]
    id: PersonId,
    /// Up to 10 pictures of one person: base64 (also URL-safe, with line breaks, or as a data URI), or `https` addresses; a single
    /// string is taken too.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10)]
    images: Vec<PictureSource>,
    /// The score must reach this.
    #[schema(minimum = 0.5, maximum = 1)]
    min_score: f64,
    /// How hard to look.
    search_mode: SearchMode,
    /// Code or id of a collection that the person must be in.
    #[schema(value_type = Option<String>)]
    collection_id: Option<CollectionRef>,
}

impl FromFields for VerifyRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: ids::person(&fields.text("id").required()?),
            images: fields.pictures("images").required()?,
            min_score: fields.number("min_score", 0.5, 1.0).required()?,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: search::collection(fields)?,
        })
    }
}

impl VerifyRequest {
    fn claim(self, client: ClientId) -> Claim {
        Claim {
            client,
            person: self.id,
            collection: self.collection_id,
            pictures: self.images,
            min_score: self.min_score,
            effort: self.search_mode.into(),
        }
    }
}

/// The person, if it is the one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Verified {
    /// Null when the score is below `min_score`, or the person is not in the collection.
    #[serde(rename = "match")]
    found: Option<PersonMatch>,
}

/// Is this the enrolled person that it is said to be? The likest of the person's faces counts.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/verify",
    tag = "Search",
    request_body = VerifyRequest,
    responses((status = 200, description = "The person, or null", body = Envelope<Verified>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn verify(
    State(app): State<AppState>,
    Owner { call, client }: Owner,
    Valid(request): Valid<VerifyRequest>,
) -> Result<Envelope<Verified>, ApiError> {
    let found = service::verify(&app, &call, request.claim(client)).await?;
    let found = found.answer.as_ref().map(PersonMatch::from);
    Ok(Envelope::new(Verified { found }))
}
