//! `POST /v2/face-recognition/liveness` and `/liveness-score`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Field, Fields, FromFields, Invalid, Valid},
    caller::Caller,
    document::{Document, LivenessResult, QualityReport, SearchMode},
    envelope::Envelope,
    error::ApiError,
    failures::{PictureFailures, TokenFailures},
};
use service::{App, AppState, Call, LivenessPolicy, LivenessVerdict, PictureSource, Recorded};

/// The limit when a request names none.
pub(super) const DEFAULT_MIN_SCORE: f64 = 0.6;

/// The platform when a request names none.
pub(super) const DEFAULT_OS: &str = "DESKTOP";

/// Longest `os` that is taken.
const LONGEST_OS: usize = 64;

/// One picture to judge.
#[derive(Debug, ToSchema)]
pub(super) struct LivenessRequest {
    /// `DESKTOP`, `IOS` or `ANDROID`; other texts are taken too.
    #[schema(example = "DESKTOP", max_length = 64)]
    pub(super) os: String,
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) image: PictureSource,
    /// The score must be above this.
    #[schema(minimum = 0.5, maximum = 1, default = 0.6, required = false)]
    pub(super) liveness_min_score: f64,
}

impl FromFields for LivenessRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            os: os(fields).required()?,
            image: fields.picture("image").required()?,
            liveness_min_score: min_score(fields)?,
        })
    }
}

/// The limit of a verdict.
pub(super) fn min_score(fields: &Fields<'_>) -> Result<f64, Invalid> {
    fields
        .number("liveness_min_score", 0.5, 1.0)
        .or(DEFAULT_MIN_SCORE)
}

/// The client's platform.
pub(super) fn os(fields: &Fields<'_>) -> Field<String> {
    fields.text("os").max_length(LONGEST_OS)
}

/// A liveness verdict as clients of every generation read it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LivenessDocument {
    #[serde(flatten)]
    document: Document,
    #[serde(flatten)]
    verdict: LivenessResult,
    /// The same once more, where newer clients look.
    result: LivenessResult,
    liveness_min_score: f64,
    os: String,
    /// Liveness has one mode.
    search_mode: SearchMode,
    quality: QualityReport,
}

impl LivenessDocument {
    /// The document of a verdict.
    pub(super) fn new(call: &Call, os: String, recorded: &Recorded<LivenessVerdict>) -> Self {
        let verdict = LivenessResult::from(&recorded.answer);
        Self {
            document: Document::of("liveness", call, recorded),
            verdict,
            result: verdict,
            liveness_min_score: verdict.min_score,
            os,
            search_mode: SearchMode::Fast,
            quality: QualityReport::of(&recorded.answer),
        }
    }
}

/// What this dialect asks of a live face.
pub(super) fn policy(app: &App, min_score: f64) -> LivenessPolicy {
    let settings = &app.config.verifik;
    LivenessPolicy {
        min_score,
        limits: settings.capture.limits(&app.config.quality),
        rejects: settings.capture_rejects.clone(),
    }
}

/// Passive liveness of one picture.
///
/// An attack is a 200 with `passed: false`. The picture is not stored; an audit record without it is.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/liveness",
    tag = "Biometric operations",
    request_body = LivenessRequest,
    responses((status = 200, description = "The verdict", body = Envelope<LivenessDocument>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn liveness(
    State(app): State<AppState>,
    Caller(call): Caller,
    Valid(request): Valid<LivenessRequest>,
) -> Result<Envelope<LivenessDocument>, ApiError> {
    let policy = policy(&app, request.liveness_min_score);
    let verdict = service::liveness(&app, &call, request.image, policy).await?;
    Ok(Envelope::new(LivenessDocument::new(
        &call, request.os, &verdict,
    )))
}

/// The same as `liveness`, under its other name.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/liveness-score",
    tag = "Biometric operations",
    request_body = LivenessRequest,
    responses((status = 200, description = "The verdict", body = Envelope<LivenessDocument>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn liveness_score(
    app: State<AppState>,
    caller: Caller,
    request: Valid<LivenessRequest>,
) -> Result<Envelope<LivenessDocument>, ApiError> {
    liveness(app, caller, request).await
}
