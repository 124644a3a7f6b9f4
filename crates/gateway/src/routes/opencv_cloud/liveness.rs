//! `POST /opencv-fr/liveness`, and what the routes with liveness share.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::CommonFailures,
    kinds::platform,
};
use crate::routes::opencv::body::{FromReader, Reader, picture};
use crate::routes::opencv::document as words;
use service::{App, AppState, LivenessPolicy, PictureSource};

/// A face is live from this score on (contract, 2.2).
pub(super) const MIN_SCORE: f64 = 0.5;

/// What is asked of a live face. Which pictures the service refuses, and how, is not documented; clients were written for
/// ordinary pictures of phones, and the Verifik dialect, which is a proxy of this one, answers them too. So the settings refuse
/// little by default; what no model can judge (no face, a face of a few pixels) is refused in any case.
pub(super) fn policy(app: &App, min_score: f64) -> LivenessPolicy {
    let settings = &app.config.opencv_cloud;
    LivenessPolicy {
        // "Live at 0.5 or more", where the service layer asks for more than the limit.
        min_score: min_score.next_down(),
        limits: settings.capture.limits(&app.config.quality),
        rejects: settings.capture_rejects.clone(),
    }
}

/// One picture to judge.
#[derive(Debug, ToSchema)]
#[schema(as = CloudLiveness)]
pub(super) struct LivenessRequest {
    /// Base64.
    #[schema(value_type = String)]
    image: PictureSource,
    /// `DESKTOP`, `ANDROID` or `IOS`; the models are the same for all.
    #[schema(value_type = Option<words::Platform>, inline, default = "DESKTOP")]
    #[expect(dead_code, reason = "it only has to be one of them")]
    os: (),
}

impl FromReader for LivenessRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let image = reader.required("image", picture);
        let os = platform(reader);
        Some(Self {
            image: image?,
            os: os?,
        })
    }
}

/// How live a face is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudLivenessScore)]
pub(super) struct LivenessScore {
    /// 0 to 1, 4 decimals; live from 0.5 on.
    #[schema(minimum = 0, maximum = 1, example = 0.97)]
    liveness_score: f64,
}

/// Passive liveness of one picture. An attack is an answer, not an error.
#[utoipa::path(
    post,
    path = "/opencv-fr/liveness",
    operation_id = "cloud_liveness",
    tag = "opencv.fr",
    request_body = LivenessRequest,
    responses((status = 200, description = "How live the face is", body = LivenessScore), CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn liveness(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<LivenessRequest>,
) -> Result<Json<LivenessScore>, ApiError> {
    let verdict =
        service::liveness(&app, &owner.call, request.image, policy(&app, MIN_SCORE)).await?;
    Ok(Json(LivenessScore {
        liveness_score: verdict.answer.score.rounded(),
    }))
}
