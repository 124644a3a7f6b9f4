//! `POST /v2/face-recognition/compare-live`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Caller,
    compare::{self, CompareResult},
    document::{Document, LivenessResult, QualityReport, SearchMode},
    envelope::{Envelope, Stamp},
    error::ApiError,
    failures::{PictureFailures, TokenFailures},
    liveness,
};
use service::{AppState, Call, Comparison, LivePair, LivenessVerdict, PictureSource, Recorded};

/// One picture to judge and to compare with a set of pictures of one person.
#[derive(Debug, ToSchema)]
pub(super) struct CompareLiveRequest {
    /// The person who is there now: base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) probe: PictureSource,
    /// Up to 10 pictures of the person who is known, in the same forms; a single string is taken too.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10)]
    pub(super) gallery: Vec<PictureSource>,
    /// `DESKTOP`, `IOS` or `ANDROID`; other texts are taken too.
    #[schema(example = "DESKTOP", max_length = 64)]
    pub(super) os: String,
    /// `FAST` when absent.
    #[schema(value_type = Option<SearchMode>)]
    pub(super) search_mode: SearchMode,
    /// The liveness score must be above this.
    #[schema(minimum = 0.52, maximum = 1)]
    pub(super) liveness_min_score: f64,
    /// The comparison's score must reach this.
    #[schema(minimum = 0.67, maximum = 0.95, default = 0.85, required = false)]
    pub(super) compare_min_score: f64,
}

impl FromFields for CompareLiveRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            probe: fields.picture("probe").required()?,
            gallery: fields.pictures("gallery").required()?,
            os: liveness::os(fields).required()?,
            search_mode: fields.search_mode("search_mode").or(SearchMode::Fast)?,
            liveness_min_score: fields.number("liveness_min_score", 0.52, 1.0).required()?,
            compare_min_score: compare::min_score(fields).or(compare::DEFAULT_MIN_SCORE)?,
        })
    }
}

/// Both results, where newer clients look.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompareLiveResult {
    /// `passed` is the comparison's.
    #[serde(flatten)]
    comparison: CompareResult,
    #[schema(minimum = 0, maximum = 1)]
    liveness_score: f64,
}

/// A comparison with liveness as clients of every generation read it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompareLiveDocument {
    #[serde(flatten)]
    document: Document,
    os: String,
    search_mode: SearchMode,
    /// Empty: pictures are not sent back.
    probe: [String; 0],
    /// Empty: pictures are not sent back.
    gallery: [String; 0],
    /// Of the comparison, as in `result`.
    score: f64,
    compare_min_score: f64,
    liveness_min_score: f64,
    liveness: LivenessResult,
    result: CompareLiveResult,
    /// Of the probe.
    quality: QualityReport,
    #[serde(rename = "comparedAt")]
    compared_at: Stamp,
}

impl CompareLiveDocument {
    fn new(
        call: &Call,
        os: String,
        mode: SearchMode,
        comparison: &Recorded<Comparison>,
        verdict: &LivenessVerdict,
    ) -> Self {
        let (result, liveness) = (
            CompareResult::from(&comparison.answer),
            LivenessResult::from(verdict),
        );
        Self {
            document: Document::of("compareLive", call, comparison),
            os,
            search_mode: mode,
            probe: [],
            gallery: [],
            score: result.score,
            compare_min_score: result.compare_min_score,
            liveness_min_score: liveness.min_score,
            liveness,
            result: CompareLiveResult {
                comparison: result,
                liveness_score: liveness.liveness_score,
            },
            quality: QualityReport::of(verdict),
            compared_at: Stamp(comparison.at),
        }
    }
}

/// Is the person there now alive, and the one who is known?
///
/// Neither failing is an error: `liveness.passed` and `result.passed` say it.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/compare-live",
    tag = "Biometric operations",
    request_body = CompareLiveRequest,
    responses((status = 200, description = "Both scores", body = Envelope<CompareLiveDocument>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn compare_live(
    State(app): State<AppState>,
    Caller(call): Caller,
    Valid(request): Valid<CompareLiveRequest>,
) -> Result<Envelope<CompareLiveDocument>, ApiError> {
    let (mode, os) = (request.search_mode, request.os);
    let pair = LivePair {
        probe: request.probe,
        gallery: request.gallery,
        effort: mode.into(),
        min_score: request.compare_min_score,
        policy: liveness::policy(&app, request.liveness_min_score),
    };
    let (comparison, verdict) = service::compare_live(&app, &call, pair).await?;
    Ok(Envelope::new(CompareLiveDocument::new(
        &call,
        os,
        mode,
        &comparison,
        &verdict.answer,
    )))
}
