//! `POST /v2/face-recognition/compare`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Field, Fields, FromFields, Invalid, Valid},
    caller::Caller,
    document::{Document, SearchMode},
    envelope::{Envelope, Stamp},
    error::ApiError,
    failures::{PictureFailures, TokenFailures},
};
use service::{AppState, Call, Comparison, Pair, PictureSource, Recorded};

/// The limit when a request names none.
pub(super) const DEFAULT_MIN_SCORE: f64 = 0.85;

/// Two sets of pictures, each of one person.
#[derive(Debug, ToSchema)]
pub(super) struct CompareRequest {
    /// Up to 10 pictures of the person who is there now; a single string is taken too. Base64 (also URL-safe, with line
    /// breaks, or as a data URI), or an `https` address.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10)]
    pub(super) probe: Vec<PictureSource>,
    /// Up to 10 pictures of the person who is known, in the same forms.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10)]
    pub(super) gallery: Vec<PictureSource>,
    /// `FAST` when absent.
    #[schema(value_type = Option<SearchMode>)]
    pub(super) search_mode: SearchMode,
    /// The score must reach this.
    #[schema(minimum = 0.67, maximum = 0.95, default = 0.85, required = false)]
    pub(super) compare_min_score: f64,
}

impl FromFields for CompareRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            probe: fields.pictures("probe").required()?,
            gallery: fields.pictures("gallery").required()?,
            search_mode: fields.search_mode("search_mode").or(SearchMode::Fast)?,
            compare_min_score: min_score(fields).or(DEFAULT_MIN_SCORE)?,
        })
    }
}

/// The limit of a comparison.
pub(super) fn min_score(fields: &Fields<'_>) -> Field<f64> {
    fields.number("compare_min_score", 0.67, 0.95)
}

/// A comparison's result, where newer clients look.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct CompareResult {
    /// 0 to 1, 4 decimals; what a value means as a false match rate is in the documentation.
    #[schema(minimum = 0, maximum = 1)]
    pub(super) score: f64,
    /// Whether the score reaches the limit.
    pub(super) passed: bool,
    /// The limit.
    pub(super) compare_min_score: f64,
}

impl From<&Comparison> for CompareResult {
    fn from(comparison: &Comparison) -> Self {
        Self {
            score: comparison.score.rounded(),
            passed: comparison.passed,
            compare_min_score: comparison.min_score,
        }
    }
}

/// A comparison as clients of every generation read it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompareDocument {
    #[serde(flatten)]
    document: Document,
    search_mode: SearchMode,
    /// Empty: pictures are not sent back.
    probe: [String; 0],
    /// Empty: pictures are not sent back.
    gallery: [String; 0],
    /// As in `result`.
    score: f64,
    /// As in `result`.
    compare_min_score: f64,
    result: CompareResult,
    #[serde(rename = "comparedAt")]
    compared_at: Stamp,
}

impl CompareDocument {
    /// The document, of type `kind`, of a comparison.
    pub(super) fn new(
        kind: &'static str,
        call: &Call,
        mode: SearchMode,
        recorded: &Recorded<Comparison>,
    ) -> Self {
        let result = CompareResult::from(&recorded.answer);
        Self {
            document: Document::of(kind, call, recorded),
            search_mode: mode,
            probe: [],
            gallery: [],
            score: result.score,
            compare_min_score: result.compare_min_score,
            result,
            compared_at: Stamp(recorded.at),
        }
    }
}

/// Are these two sets of pictures of one person?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/compare",
    tag = "Biometric operations",
    request_body = CompareRequest,
    responses((status = 200, description = "The score", body = Envelope<CompareDocument>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn compare(
    State(app): State<AppState>,
    Caller(call): Caller,
    Valid(request): Valid<CompareRequest>,
) -> Result<Envelope<CompareDocument>, ApiError> {
    let mode = request.search_mode;
    let comparison = service::compare(&app, &call, request.into()).await?;
    Ok(Envelope::new(CompareDocument::new(
        "compare",
        &call,
        mode,
        &comparison,
    )))
}

impl From<CompareRequest> for Pair {
    fn from(request: CompareRequest) -> Self {
        Self {
            probe: request.probe,
            gallery: request.gallery,
            effort: request.search_mode.into(),
            min_score: request.compare_min_score,
        }
    }
}
