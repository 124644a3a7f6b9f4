//! `POST /compare`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, FaceFailures, LivenessFailures},
    fields, scale,
};
use crate::routes::opencv::body::{FromReader, Reader, picture};
use service::{AppState, Couple, PictureSource};

/// Two faces.
#[derive(Debug, ToSchema)]
#[schema(as = OnPremiseCompare)]
pub(super) struct Compare {
    /// A picture of the person who is there now, in base64. Of several faces the largest counts.
    #[schema(value_type = String)]
    face_base_64: PictureSource,
    /// A picture of the person who is known, in base64.
    #[schema(value_type = String)]
    ref_face_base_64: PictureSource,
    /// From this score on the two are one.
    #[schema(value_type = Option<f64>, default = 0.7, minimum = 0, maximum = 1)]
    min_similarity_score: f64,
    /// Refuse a `face_base_64` that is not live, or not taken well enough to tell.
    #[schema(value_type = Option<bool>, default = false)]
    check_liveness: bool,
}

impl FromReader for Compare {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let face = reader.required("face_base_64", picture);
        let reference = reader.required("ref_face_base_64", picture);
        let min_similarity = fields::min_similarity(reader, "min_similarity_score");
        let liveness = fields::check_liveness(reader);
        Some(Self {
            face_base_64: face?,
            ref_face_base_64: reference?,
            min_similarity_score: min_similarity?,
            check_liveness: liveness?,
        })
    }
}

/// The verdict.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnPremiseVerdict)]
pub(super) struct Verdict {
    /// Whether the score reaches `min_similarity_score`.
    is_match: bool,
}

/// Are these two one person?
#[utoipa::path(
    post,
    path = "/compare",
    operation_id = "onpremise_compare",
    tag = "OpenCV FR Server",
    request_body = Compare,
    responses((status = 200, description = "The verdict", body = Verdict), FaceFailures, LivenessFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn compare(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<Compare>,
) -> Result<Json<Verdict>, ApiError> {
    let limit = request.min_similarity_score;
    let couple = Couple {
        probe: request.face_base_64,
        reference: request.ref_face_base_64,
        effort: Effort::Accurate,
        min_score: scale::core(limit),
        gate: fields::gate(request.check_liveness, &app.config),
    };
    let compared = service::compare_largest(&app, &owner.call, couple).await?;
    Ok(Json(Verdict {
        is_match: scale::reaches(compared.answer.score, limit),
    }))
}
