//! `POST /v2/face-recognition/compare-with-liveness`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Caller,
    compare::{self, CompareDocument},
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{PictureFailures, TokenFailures},
    liveness::{self, LivenessDocument},
};
use service::{AppState, LivePair, PictureSource};

/// One picture to compare with a set of pictures of one person, and to judge.
#[derive(Debug, ToSchema)]
pub(super) struct CompareWithLivenessRequest {
    /// The person who is there now: base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) probe: PictureSource,
    /// Up to 10 pictures of the person who is known, in the same forms; a single string is taken too.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10)]
    pub(super) gallery: Vec<PictureSource>,
    /// `FAST` when absent.
    #[schema(value_type = Option<SearchMode>)]
    pub(super) search_mode: SearchMode,
    /// The liveness score must be above this.
    #[schema(minimum = 0.52, maximum = 1, default = 0.6, required = false)]
    pub(super) liveness_min_score: f64,
    /// The comparison's score must reach this. When it is given, liveness is judged only if the score does.
    #[schema(minimum = 0.67, maximum = 0.95)]
    pub(super) compare_min_score: Option<f64>,
    /// `DESKTOP` when absent.
    #[schema(value_type = Option<String>, max_length = 64)]
    pub(super) os: String,
}

impl FromFields for CompareWithLivenessRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            probe: fields.picture("probe").required()?,
            gallery: fields.pictures("gallery").required()?,
            search_mode: fields.search_mode("search_mode").or(SearchMode::Fast)?,
            liveness_min_score: fields
                .number("liveness_min_score", 0.52, 1.0)
                .or(liveness::DEFAULT_MIN_SCORE)?,
            compare_min_score: compare::min_score(fields).optional()?,
            os: liveness::os(fields).or(liveness::DEFAULT_OS.to_owned())?,
        })
    }
}

/// The comparison, and the verdict if there is one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompareWithLiveness {
    comparison: CompareDocument,
    /// Null when a `compare_min_score` was given and not reached.
    liveness: Option<LivenessDocument>,
}

/// Are these pictures of one person, and if so, is the person there now alive?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/compare-with-liveness",
    tag = "Biometric operations",
    request_body = CompareWithLivenessRequest,
    responses((status = 200, description = "The score, and the verdict", body = Envelope<CompareWithLiveness>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn compare_with_liveness(
    State(app): State<AppState>,
    Caller(call): Caller,
    Valid(request): Valid<CompareWithLivenessRequest>,
) -> Result<Envelope<CompareWithLiveness>, ApiError> {
    let mode = request.search_mode;
    let pair = LivePair {
        probe: request.probe,
        gallery: request.gallery,
        effort: mode.into(),
        min_score: request
            .compare_min_score
            .unwrap_or(compare::DEFAULT_MIN_SCORE),
        policy: liveness::policy(&app, request.liveness_min_score),
    };
    let always = request.compare_min_score.is_none();
    let (comparison, verdict) = service::compare_then_liveness(&app, &call, pair, always).await?;
    Ok(Envelope::new(CompareWithLiveness {
        comparison: CompareDocument::new("compareLive", &call, mode, &comparison),
        liveness: verdict.map(|verdict| LivenessDocument::new(&call, request.os, &verdict)),
    }))
}
