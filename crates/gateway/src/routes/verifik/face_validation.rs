//! `POST /v2/face-recognition/face-validation`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Caller,
    document::{QualityReport, reason_of_error, reasons},
    envelope::Envelope,
    error::ApiError,
    faces::{Details, FaceReport},
    failures::{PictureFailures, TokenFailures},
};
use service::{AppState, PictureSource, Validation};

/// A picture.
#[derive(Debug, ToSchema)]
pub(super) struct FaceValidationRequest {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) image: PictureSource,
}

impl FromFields for FaceValidationRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            image: fields.picture("image").required()?,
        })
    }
}

/// The faces of a picture, and whether it shows one face as required.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FaceValidation {
    #[serde(flatten)]
    report: FaceReport,
    /// One main face, and no reason against it.
    valid: bool,
    /// What is against it: `no_face_detected`, `multiple_faces_detected`, `face_close_to_border`, `face_too_close`, `face_too_far`,
    /// `face_rotation_too_large`, `face_occluded`, `eyes_closed`, `face_blurred`, `poor_lighting`.
    reasons: Vec<&'static str>,
    /// Of the main face; null when there is none.
    quality: Option<QualityReport>,
}

impl From<&Validation> for FaceValidation {
    fn from(validation: &Validation) -> Self {
        let details = Details {
            landmarks: true,
            attributes: false,
        };
        let (reasons, quality) = match &validation.main {
            Ok(face) => (
                reasons(&face.findings),
                Some(QualityReport::new(&face.quality, &face.findings)),
            ),
            Err(error) => (vec![reason_of_error(error)], None),
        };
        let report = FaceReport::new(&validation.detection, details);
        Self {
            report,
            valid: validation.is_valid(),
            reasons,
            quality,
        }
    }
}

/// Does this picture show one face, taken as required?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/face-validation",
    tag = "Biometric operations",
    request_body = FaceValidationRequest,
    responses((status = 200, description = "The faces and the verdict", body = Envelope<FaceValidation>), PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn face_validation(
    State(app): State<AppState>,
    Caller(call): Caller,
    Valid(request): Valid<FaceValidationRequest>,
) -> Result<Envelope<FaceValidation>, ApiError> {
    let limits = app.config.verifik.capture.limits(&app.config.quality);
    let validation = service::validate(&app, &call, request.image, limits).await?;
    Ok(Envelope::new(FaceValidation::from(&validation.answer)))
}
