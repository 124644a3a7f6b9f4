//! The `/demo` routes: no token, no audit record, served only when `verifik.demo_routes` is set. Old public apps use them.
//! Their answers hold no more than these apps expect: some list every key of `result`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Anybody,
    compare::CompareRequest,
    detect::{DetectAnswer, DetectRequest},
    document::LivenessResult,
    envelope::Envelope,
    error::ApiError,
    error::ErrorBody,
    failures::PictureFailures,
    liveness,
};
use service::{AppState, PictureSource};

/// One picture to judge.
#[derive(Debug, ToSchema)]
pub(super) struct DemoLivenessRequest {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) image: PictureSource,
    /// The score must be above this.
    #[schema(minimum = 0.5, maximum = 1, default = 0.6, required = false)]
    pub(super) liveness_min_score: f64,
}

impl FromFields for DemoLivenessRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            image: fields.picture("image").required()?,
            liveness_min_score: liveness::min_score(fields)?,
        })
    }
}

/// A liveness verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemoLiveness {
    #[serde(rename = "_id")]
    id: String,
    liveness_min_score: f64,
    result: LivenessResult,
}

/// A comparison.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemoComparison {
    #[serde(rename = "_id")]
    id: String,
    result: DemoScore,
}

/// A comparison's score.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemoScore {
    /// 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
}

/// Passive liveness of one picture.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/liveness/demo",
    tag = "Demo",
    request_body = DemoLivenessRequest,
    responses((status = 200, description = "The verdict", body = Envelope<DemoLiveness>), (status = 408, description = "The body did not come in time", body = ErrorBody), (status = 429, description = "The address asks too often", body = ErrorBody), PictureFailures)
)]
pub(super) async fn liveness_demo(
    State(app): State<AppState>,
    Anybody(call): Anybody,
    Valid(request): Valid<DemoLivenessRequest>,
) -> Result<Envelope<DemoLiveness>, ApiError> {
    let policy = liveness::policy(&app, request.liveness_min_score);
    let verdict = service::liveness(&app, &call, request.image, policy).await?;
    let result = LivenessResult::from(&verdict.answer);
    Ok(Envelope::new(DemoLiveness {
        id: verdict.id.to_string(),
        liveness_min_score: result.min_score,
        result,
    }))
}

/// Are these two sets of pictures of one person?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/compare/demo",
    tag = "Demo",
    request_body = CompareRequest,
    responses((status = 200, description = "The score", body = Envelope<DemoComparison>), (status = 408, description = "The body did not come in time", body = ErrorBody), (status = 429, description = "The address asks too often", body = ErrorBody), PictureFailures)
)]
pub(super) async fn compare_demo(
    State(app): State<AppState>,
    Anybody(call): Anybody,
    Valid(request): Valid<CompareRequest>,
) -> Result<Envelope<DemoComparison>, ApiError> {
    let comparison = service::compare(&app, &call, request.into()).await?;
    Ok(Envelope::new(DemoComparison {
        id: comparison.id.to_string(),
        result: DemoScore {
            score: comparison.answer.score.rounded(),
        },
    }))
}

/// Where are the faces of this picture?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/detect/demo",
    tag = "Demo",
    request_body = DetectRequest,
    responses((status = 200, description = "The faces; none is an empty list", body = Envelope<DetectAnswer>), (status = 408, description = "The body did not come in time", body = ErrorBody), (status = 429, description = "The address asks too often", body = ErrorBody), PictureFailures)
)]
pub(super) async fn detect_demo(
    State(app): State<AppState>,
    Anybody(call): Anybody,
    Valid(request): Valid<DetectRequest>,
) -> Result<Envelope<DetectAnswer>, ApiError> {
    let report = request.report();
    // Nobody's persons are searched without a token.
    let details = request.details(&app.config);
    let detection = service::detect(&app, &call, request.image, details, None).await?;
    Ok(Envelope::new(DetectAnswer::new(&detection.answer, report)))
}
