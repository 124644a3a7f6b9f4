//! `POST /opencv-fr/detect`.

use axum::{Json, extract::State};
use inference::{Effort, Score};
use serde::Serialize;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    kinds::{code, effort, limits},
    persons::{PersonMatch, matches_of_many},
    search::MAX_RESULTS,
};
use crate::routes::opencv::document as words;
use crate::routes::{
    headers::SearchHeaders,
    opencv::body::{FromReader, Reader, integer, picture},
};
use service::{AppState, Cutoff, Details, DetectedFace, Edges, PictureSource, SearchTerms};

/// A picture, and whether to say who is in it.
#[derive(Debug, ToSchema)]
#[schema(as = CloudDetect)]
pub(super) struct DetectRequest {
    /// Base64.
    #[schema(value_type = String)]
    image: PictureSource,
    /// When there, each face is searched for.
    search: Option<FaceSearch>,
}

/// How each face is searched for.
#[derive(Debug, ToSchema)]
#[schema(as = CloudFaceSearch)]
pub(super) struct FaceSearch {
    /// The collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>, min_length = 36, max_length = 36)]
    collection_id: Option<CollectionRef>,
    /// Most persons of each face.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    max_results: u32,
    /// Least score of the persons. A number, or a text that is one.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.81)]
    min_score: f64,
    /// Extension, in place of `min_score`: as in `search`.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "FAST")]
    search_mode: Effort,
}

impl FromReader for DetectRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let image = reader.required("image", picture);
        let search = reader.optional_object("search", FaceSearch::from_reader);
        Some(Self {
            image: image?,
            search: search?,
        })
    }
}

impl FromReader for FaceSearch {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection_id = reader.optional("collection_id", code);
        let max_results = reader.or("max_results", MAX_RESULTS, integer(1..=100));
        let limits = limits(reader, 0.0);
        let search_mode = reader.or("search_mode", Effort::Fast, effort);
        let (min_score, max_fpir) = limits?;
        Some(Self {
            collection_id: collection_id?,
            max_results: max_results?,
            min_score,
            max_fpir,
            search_mode: search_mode?,
        })
    }
}

impl FaceSearch {
    fn terms(&self, client: ClientId) -> SearchTerms {
        SearchTerms {
            client,
            collection: self.collection_id,
            cutoff: Cutoff::new(self.min_score, self.max_fpir),
            limit: self.max_results as usize,
            effort: self.search_mode,
        }
    }
}

/// A face, in whole pixels of the upright picture, origin top left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudDetection)]
pub(super) struct FaceObject {
    #[serde(rename = "box")]
    edges: BoxObject,
    landmarks: Landmarks,
    /// The detector's confidence, 0 to 1, 4 decimals.
    #[schema(minimum = 0, maximum = 1)]
    detection_score: f64,
    /// The aligned face, 112 x 112, as a JPEG in base64: a crop for `search/crops` and `person/crops`.
    thumbnail: String,
    /// Whom the face may be, best first; empty when nobody, and when that was not asked.
    persons: Vec<PersonMatch>,
}

/// The edges of a box, clipped to the picture.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudBox)]
struct BoxObject {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

/// Landmarks as `[x, y]`. Left and right are the picture's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudLandmarks)]
struct Landmarks {
    left_eye: [i64; 2],
    right_eye: [i64; 2],
    nose: [i64; 2],
    left_mouth: [i64; 2],
    right_mouth: [i64; 2],
}

impl FaceObject {
    fn new(detected: &DetectedFace, edges: Edges, persons: Vec<PersonMatch>) -> Self {
        let pixels = |point: inference::Point| [point.x.round() as i64, point.y.round() as i64];
        let [left_eye, right_eye, nose, left_mouth, right_mouth] =
            detected.face.landmarks.map(pixels);
        let Edges {
            left,
            top,
            right,
            bottom,
        } = edges;
        let jpeg = detected.thumbnail.as_deref().unwrap_or_default();
        Self {
            edges: BoxObject {
                left,
                top,
                right,
                bottom,
            },
            landmarks: Landmarks {
                left_eye,
                right_eye,
                nose,
                left_mouth,
                right_mouth,
            },
            detection_score: Score::new(detected.face.score).rounded(),
            thumbnail: base64_simd::STANDARD.encode_to_string(jpeg),
            persons,
        }
    }
}

/// Where the faces are and, if that is asked, whose they are. Largest first; no face is an empty list.
#[utoipa::path(
    post,
    path = "/opencv-fr/detect",
    operation_id = "cloud_detect",
    tag = "opencv.fr",
    request_body = DetectRequest,
    responses((status = 200, description = "The faces", body = Vec<FaceObject>), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn detect(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<DetectRequest>,
) -> Result<(Option<SearchHeaders>, Json<Vec<FaceObject>>), ApiError> {
    let client = owner.client;
    let terms = request.search.map(|search| search.terms(client));
    let details = Details {
        thumbnails: true,
        quality: None,
    };
    let detection = service::detect(&app, &owner.call, request.image, details, terms).await?;
    let mut detection = detection.answer;
    let found = detection.faces.iter_mut();
    let found = found
        .map(|face| std::mem::take(&mut face.persons))
        .collect();
    let persons = matches_of_many(&app, client, found).await?;
    let faces = detection.faces.iter().zip(persons);
    let faces = faces.map(|(face, persons)| {
        let edges = detection.edges(&face.face);
        FaceObject::new(face, edges, persons)
    });
    let headers = detection.aim.map(SearchHeaders::new);
    Ok((headers, Json(faces.collect())))
}
