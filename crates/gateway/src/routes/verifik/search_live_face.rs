//! `POST /v2/face-recognition/search-live-face`.

use axum::extract::State;
use serde::Serialize;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    body::{Field, Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    liveness::{self, LivenessDocument},
    matches::{PersonMatch, matches},
    search,
};
use crate::routes::headers::SearchHeaders;
use service::{AppState, Call, Cutoff, LiveSearch, PictureSource, SearchTerms};

/// The platforms.
const PLATFORMS: [&str; 3] = ["DESKTOP", "IOS", "ANDROID"];

/// One picture of somebody who is judged and looked for.
#[derive(Debug, ToSchema)]
pub(super) struct SearchLiveFaceRequest {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address; `images` with one entry is taken too.
    #[schema(value_type = String)]
    image: PictureSource,
    /// `DESKTOP`, `IOS` or `ANDROID`; may be absent beside `images`.
    #[schema(value_type = String, example = "DESKTOP")]
    os: &'static str,
    /// The liveness score must be above this.
    #[schema(minimum = 0.5, maximum = 1)]
    liveness_min_score: f64,
    /// Least score of the persons in the answer. Required without `max_fpir`.
    #[schema(value_type = Option<f64>, minimum = 0.5, maximum = 1)]
    min_score: f64,
    /// Extension, in place of `min_score`: as in `search`.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// How hard to search.
    search_mode: SearchMode,
    /// Code or id of the collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>)]
    collection_id: Option<CollectionRef>,
}

impl FromFields for SearchLiveFaceRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let image = fields.picture("image").required()?;
        let older = !fields.has("image");
        let os = match older {
            true => platform(fields).or(liveness::DEFAULT_OS)?,
            false => platform(fields).required()?,
        };
        let liveness_min_score = fields.number("liveness_min_score", 0.5, 1.0);
        let liveness_min_score = liveness_min_score.required()?;
        let (min_score, max_fpir) = search::limits(fields, 0.5)?;
        Ok(Self {
            image,
            os,
            liveness_min_score,
            min_score,
            max_fpir,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: search::collection(fields)?,
        })
    }
}

/// The client's platform, one of three.
pub(super) fn platform(fields: &Fields<'_>) -> Field<&'static str> {
    fields
        .text("os")
        .one_of(&["DESKTOP", "IOS", "ANDROID"], &PLATFORMS)
}

/// Among whom to search for one face.
pub(super) fn terms(
    client: ClientId,
    collection: Option<CollectionRef>,
    cutoff: Cutoff,
    mode: SearchMode,
) -> SearchTerms {
    SearchTerms {
        client,
        collection,
        cutoff,
        limit: search::DEFAULT_MAX_RESULTS as usize,
        effort: mode.into(),
    }
}

/// A verdict and whom the search found, where clients of every generation read them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LiveMatches {
    /// As in `liveness`.
    #[schema(minimum = 0, maximum = 1)]
    liveness_score: f64,
    liveness: SearchLiveness,
    /// The persons; empty when the face is not live.
    persons: Vec<PersonMatch>,
    /// The same once more, where newer clients look.
    search: Vec<PersonMatch>,
}

/// The stored document of a verdict and, beside it, the names that newer clients read.
#[derive(Debug, Serialize, ToSchema)]
struct SearchLiveness {
    #[serde(flatten)]
    document: LivenessDocument,
    /// The liveness score once more.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
}

impl LiveMatches {
    pub(super) fn new(call: &Call, os: &str, answer: &LiveSearch) -> Self {
        let score = answer.verdict.answer.score.rounded();
        let persons = matches(&answer.search.answer.found);
        Self {
            liveness_score: score,
            liveness: SearchLiveness {
                document: LivenessDocument::new(call, os.to_owned(), &answer.verdict),
                score,
            },
            search: persons.clone(),
            persons,
        }
    }
}

/// Is the one who is there now alive, and who is it?
///
/// The search runs only when the face is live; when it is not, `liveness.passed` is false and the lists are empty.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/search-live-face",
    tag = "Search",
    request_body = SearchLiveFaceRequest,
    responses((status = 200, description = "The verdict and the persons", body = Envelope<LiveMatches>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn search_live_face(
    State(app): State<AppState>,
    Owner { call, client }: Owner,
    Valid(request): Valid<SearchLiveFaceRequest>,
) -> Result<(SearchHeaders, Envelope<LiveMatches>), ApiError> {
    let policy = liveness::policy(&app, request.liveness_min_score);
    let terms = terms(
        client,
        request.collection_id,
        Cutoff::new(request.min_score, request.max_fpir),
        request.search_mode,
    );
    let (kind, image) = ("search_live_face", request.image);
    let answer = service::search_live(&app, &call, kind, image, policy, terms).await?;
    let headers = SearchHeaders::new(answer.search.answer.aim);
    let matches = LiveMatches::new(&call, request.os, &answer);
    Ok((headers, Envelope::new(matches)))
}
