//! `POST /v2/face-recognition/detect`. Two contracts exist; the fields of the request choose.

use axum::extract::State;
use serde::Serialize;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    faces::{Details, FaceMatches, FaceReport},
    failures::{MissingFailures, PictureFailures, TokenFailures},
    search,
};
use crate::routes::headers::SearchHeaders;
use service::{AppState, Config, Cutoff, Detection, PictureSource, SearchTerms};

/// Most persons per face when a request does not say.
const DEFAULT_MAX_RESULTS: u32 = 99;

/// The lowest limit that can be asked for.
const LEAST_SCORE: f64 = 0.5;

/// A picture. With `return_landmarks` or `return_attributes`, or without `min_score`, `max_fpir` and `search_mode`, the answer is the
/// object with `faces` (form B); else the list with `persons` (form A), for which a limit and `search_mode` are required.
#[derive(Debug, ToSchema)]
pub(super) struct DetectRequest {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    pub(super) image: PictureSource,
    /// Form A: least score of the persons named for a face.
    #[schema(minimum = 0.5, maximum = 1)]
    pub(super) min_score: Option<f64>,
    /// Form A, extension, in place of `min_score`: as in `search`, of each face.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    pub(super) max_fpir: Option<f64>,
    /// Form A: how hard to search.
    pub(super) search_mode: Option<SearchMode>,
    /// Form A: code or id of the collection to search in.
    #[schema(value_type = Option<String>)]
    pub(super) collection_id: Option<CollectionRef>,
    /// Form A: most persons named for a face.
    #[schema(minimum = 1, maximum = 100, default = 99, required = false)]
    pub(super) max_results: u32,
    /// Form B: name the landmarks.
    #[schema(default = false, required = false)]
    pub(super) return_landmarks: Option<bool>,
    /// Form B: age and gender, which are always null here.
    #[schema(default = false, required = false)]
    pub(super) return_attributes: Option<bool>,
    /// Extension, in both forms: measure the quality of each face, and say what is wrong with how it was taken.
    #[schema(default = false, required = false)]
    pub(super) return_quality: bool,
}

impl DetectRequest {
    /// What form B shows; `None` for form A.
    pub(super) fn report(&self) -> Option<Details> {
        let details = Details {
            landmarks: self.return_landmarks.unwrap_or(false),
            attributes: self.return_attributes.unwrap_or(false),
        };
        let asked = self.return_landmarks.is_some() || self.return_attributes.is_some();
        let limited = self.min_score.is_some() || self.max_fpir.is_some();
        let plain = !limited && self.search_mode.is_none();
        (asked || plain).then_some(details)
    }

    /// What is asked of each face.
    pub(super) fn details(&self, config: &Config) -> service::Details {
        let limits = || config.verifik.capture.limits(&config.quality);
        service::Details {
            thumbnails: self.report().is_none(),
            quality: self.return_quality.then(limits),
        }
    }

    /// Whom to look for: form A only.
    fn terms(&self, client: ClientId) -> Option<SearchTerms> {
        let (None, Some(mode)) = (self.report(), self.search_mode) else {
            return None;
        };
        let min_score = self.min_score.unwrap_or(LEAST_SCORE);
        Some(SearchTerms {
            client,
            collection: self.collection_id,
            cutoff: Cutoff::new(min_score, self.max_fpir),
            limit: self.max_results as usize,
            effort: mode.into(),
        })
    }
}

impl FromFields for DetectRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let request = Self {
            image: fields.picture("image").required()?,
            min_score: fields.number("min_score", LEAST_SCORE, 1.0).optional()?,
            max_fpir: fields.number_inside("max_fpir", 0.0, 1.0).optional()?,
            search_mode: fields.search_mode("search_mode").optional()?,
            collection_id: search::collection(fields)?,
            max_results: fields
                .whole("max_results", 1, 100)
                .or(DEFAULT_MAX_RESULTS)?,
            return_landmarks: fields.boolean("return_landmarks").optional()?,
            return_attributes: fields.boolean("return_attributes").optional()?,
            return_quality: fields.boolean("return_quality").or(false)?,
        };
        if request.report().is_none() {
            search::limits(fields, LEAST_SCORE)?;
            fields.text("search_mode").required()?;
        }
        Ok(request)
    }
}

/// The faces of a picture in the form that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum DetectAnswer {
    /// Form A.
    Matches(Vec<FaceMatches>),
    /// Form B.
    Report(FaceReport),
}

impl DetectAnswer {
    pub(super) fn new(detection: &Detection, report: Option<Details>) -> Self {
        match report {
            None => Self::Matches(FaceMatches::all(detection)),
            Some(details) => Self::Report(FaceReport::new(detection, details)),
        }
    }
}

/// Where are the faces of this picture (and whose are they)?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/detect",
    tag = "Biometric operations",
    request_body = DetectRequest,
    responses((status = 200, description = "The faces; none is an empty list", body = Envelope<DetectAnswer>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn detect(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<DetectRequest>,
) -> Result<(Option<SearchHeaders>, Envelope<DetectAnswer>), ApiError> {
    let (report, terms) = (request.report(), request.terms(owner.client));
    let details = request.details(&app.config);
    let detection = service::detect(&app, &owner.call, request.image, details, terms).await?;
    let detection = detection.answer;
    let headers = detection.aim.map(SearchHeaders::new);
    let answer = DetectAnswer::new(&detection, report);
    Ok((headers, Envelope::new(answer)))
}
