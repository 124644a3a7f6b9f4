//! `POST /opencv-fr/liveness`, and what the routes with liveness share.

use axum::{Json, extract::State};
use inference::CaptureLimits;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::CommonFailures,
    kinds::platform,
};
use crate::{
    AppState,
    routes::opencv::body::{FromReader, Reader, picture},
    service::{self, LivenessPolicy, PictureSource},
};

/// A face is live from this score on (contract, 2.2).
pub(super) const MIN_SCORE: f64 = 0.5;

/// What the service asks of a picture (contract, 3.1, the cloud's figures).
const LIMITS: CaptureLimits = CaptureLimits {
    min_face: 224.0,
    min_margin: 25.0,
    min_pupils: 80.0,
    max_angle: 30.0,
};

/// What is asked of a live face: nothing but its score. Which pictures the service refuses, and how, is not documented; clients
/// were written for ordinary pictures of phones, and the Verifik dialect, which is a proxy of this one, answers them too. What no model can
/// judge (no face, several, a face of a few pixels) is refused.
pub(super) fn policy(min_score: f64) -> LivenessPolicy {
    LivenessPolicy {
        // "Live at 0.5 or more", where the service layer asks for more than the limit.
        min_score: min_score.next_down(),
        limits: LIMITS,
        rejects: Vec::new(),
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
    #[schema(value_type = Option<String>, default = "DESKTOP")]
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
    let verdict = service::liveness(&app, &owner.call, request.image, policy(MIN_SCORE)).await?;
    Ok(Json(LivenessScore {
        liveness_score: verdict.answer.score.rounded(),
    }))
}
