//! `POST /opencv-fr/compare`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::CommonFailures,
    kinds::{PICTURES, effort},
};
use crate::routes::opencv::body::{FromReader, Reader, picture};
use crate::routes::opencv::document as words;
use service::{AppState, Pair, PictureSource};

/// Two sets of pictures, each of one person.
#[derive(Debug, ToSchema)]
#[schema(as = CloudCompare)]
pub(super) struct CompareRequest {
    /// One to three pictures in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    probe: Vec<PictureSource>,
    /// One to three pictures in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    gallery: Vec<PictureSource>,
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "FAST")]
    search_mode: Effort,
}

impl FromReader for CompareRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let probe = reader.list("probe", PICTURES, picture);
        let gallery = reader.list("gallery", PICTURES, picture);
        let mode = reader.or("search_mode", Effort::Fast, effort);
        Some(Self {
            probe: probe?,
            gallery: gallery?,
            search_mode: mode?,
        })
    }
}

/// How like two persons are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudScore)]
pub(super) struct Score {
    /// 0 to 1, 4 decimals.
    score: f64,
}

/// Are these two sets of pictures of one person?
#[utoipa::path(
    post,
    path = "/opencv-fr/compare",
    operation_id = "cloud_compare",
    tag = "opencv.fr",
    request_body = CompareRequest,
    responses((status = 200, description = "How like they are", body = Score), CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn compare(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<CompareRequest>,
) -> Result<Json<Score>, ApiError> {
    let pair = Pair {
        probe: request.probe,
        gallery: request.gallery,
        effort: request.search_mode,
        min_score: 0.0,
    };
    let compared = service::compare(&app, &owner.call, pair).await?.answer;
    Ok(Json(Score {
        score: compared.score.rounded(),
    }))
}
