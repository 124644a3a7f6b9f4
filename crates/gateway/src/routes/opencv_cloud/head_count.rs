//! `POST /opencv-fr/head-count`.

use axum::{Json, extract::State};
use inference::Score;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::CommonFailures,
};
use crate::routes::opencv::body::{FromReader, Reader, integer, picture};
use service::{AppState, Details, PictureSource};

/// From which confidence on a face counts if a request does not say, in percent.
const CONFIDENCE: u32 = 75;

/// A picture of a crowd.
#[derive(Debug, ToSchema)]
#[schema(as = CloudHeadCount)]
pub(super) struct HeadCountRequest {
    /// Base64.
    #[schema(value_type = String)]
    image: PictureSource,
    /// From which confidence of the detector on a face counts, in percent.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 99, default = 75)]
    confidence: u32,
}

impl FromReader for HeadCountRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let image = reader.required("image", picture);
        let confidence = reader.or("confidence", CONFIDENCE, integer(1..=99));
        Some(Self {
            image: image?,
            confidence: confidence?,
        })
    }
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudHeads)]
pub(super) struct Heads {
    count: usize,
}

/// How many faces a picture shows.
///
/// Faces are counted, so heads that are turned away are not. Below the detector's own threshold (0.6 in the standard pack) a lower `confidence` finds no more.
#[utoipa::path(
    post,
    path = "/opencv-fr/head-count",
    operation_id = "cloud_head_count",
    tag = "opencv.fr",
    request_body = HeadCountRequest,
    responses((status = 200, description = "The number", body = Heads), CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn head_count(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<HeadCountRequest>,
) -> Result<Json<Heads>, ApiError> {
    let least = f64::from(request.confidence) / 100.0;
    let detection =
        service::detect(&app, &owner.call, request.image, Details::default(), None).await?;
    let faces = detection.answer.faces.iter();
    let sure = faces.filter(|face| Score::new(face.face.score).rounded() >= least);
    Ok(Json(Heads {
        count: sure.count(),
    }))
}
