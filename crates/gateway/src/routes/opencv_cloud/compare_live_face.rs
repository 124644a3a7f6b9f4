//! `POST /opencv-fr/compare-live-face`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::CommonFailures,
    kinds::{PICTURES, effort, platform},
    liveness,
};
use crate::routes::opencv::body::{FromReader, Reader, number_or_text, picture};
use crate::routes::opencv::document as words;
use service::{AppState, LivePair, PictureSource};

/// Somebody who is there now, and pictures of one person who is known.
#[derive(Debug, ToSchema)]
#[schema(as = CloudCompareLiveFace)]
pub(super) struct CompareLiveFaceRequest {
    /// One picture in base64, which is judged too.
    #[schema(value_type = String)]
    probe: PictureSource,
    /// One to three pictures in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    gallery: Vec<PictureSource>,
    /// `DESKTOP`, `ANDROID` or `IOS`; the models are the same for all.
    #[schema(value_type = Option<words::Platform>, inline, default = "DESKTOP")]
    #[expect(dead_code, reason = "it only has to be one of them")]
    os: (),
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "FAST")]
    search_mode: Effort,
    /// A number, or a text that is one. What the audit's verdict is measured by; both scores are answered whatever it is.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.5)]
    liveness_min_score: f64,
}

impl FromReader for CompareLiveFaceRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let probe = reader.required("probe", picture);
        let gallery = reader.list("gallery", PICTURES, picture);
        let os = platform(reader);
        let search_mode = reader.or("search_mode", Effort::Fast, effort);
        let liveness_min_score = reader.or(
            "liveness_min_score",
            liveness::MIN_SCORE,
            number_or_text(0.0..=1.0),
        );
        Some(Self {
            probe: probe?,
            gallery: gallery?,
            os: os?,
            search_mode: search_mode?,
            liveness_min_score: liveness_min_score?,
        })
    }
}

/// How like two persons are, and how live the first is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudLiveScore)]
pub(super) struct LiveScore {
    /// 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.93)]
    score: f64,
    /// The same of the liveness, as a text: so the contract has it.
    #[schema(example = "0.97")]
    liveness_score: String,
}

/// Is the one who is there now live, and the one who is known? The caller compares both scores with limits of its own.
#[utoipa::path(
    post,
    path = "/opencv-fr/compare-live-face",
    operation_id = "cloud_compare_live_face",
    tag = "opencv.fr",
    request_body = CompareLiveFaceRequest,
    responses((status = 200, description = "Both scores", body = LiveScore), CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn compare_live_face(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<CompareLiveFaceRequest>,
) -> Result<Json<LiveScore>, ApiError> {
    let pair = LivePair {
        probe: request.probe,
        gallery: request.gallery,
        effort: request.search_mode,
        min_score: 0.0,
        policy: liveness::policy(&app, request.liveness_min_score),
    };
    let (comparison, verdict) = service::compare_live(&app, &owner.call, pair).await?;
    Ok(Json(LiveScore {
        score: comparison.answer.score.rounded(),
        liveness_score: verdict.answer.score.rounded().to_string(),
    }))
}
