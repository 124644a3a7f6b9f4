//! `POST /face-search` and `POST /multi-face-search`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use store::ClientId;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, FaceFailures, LivenessFailures, MissingFailures},
    fields::{self, Limits},
    object::MatchObject,
    scale,
};
use crate::routes::{
    headers::SearchHeaders,
    opencv::body::{FromReader, Reader, integer, picture},
};
use service::{AppState, Found, PictureSource, Search, SearchTerms};

/// Most results of one search; the contract names no limit.
const MOST_RESULTS: u32 = 500;

/// A face to look for.
#[derive(Debug, ToSchema)]
#[schema(as = OnPremiseFaceSearch)]
pub(super) struct FaceSearch {
    /// Where to look; nobody enrolled there is an empty list.
    #[schema(example = "MyCollection")]
    collection_name: String,
    /// A picture in base64. Of several faces each is looked for.
    #[schema(value_type = String)]
    face_base_64: PictureSource,
    /// Persons below this score are left out.
    #[schema(value_type = Option<f64>, default = 0.7, minimum = 0, maximum = 1)]
    min_similarity_score: f64,
    /// Extension, in place of `min_similarity_score`: the share of searches for people who are not enrolled that may find somebody.
    /// The least score follows from the number of enrolled faces. Beside `min_similarity_score` the stricter counts.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// Most persons in the answer.
    #[schema(value_type = Option<u32>, default = 1, minimum = 1, maximum = 500)]
    max_results: u32,
    /// Refuse a face that is not live, or not taken well enough to tell.
    #[schema(value_type = Option<bool>, default = false)]
    check_liveness: bool,
}

impl FromReader for FaceSearch {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let face = reader.required("face_base_64", picture);
        let limits = fields::limits(reader);
        let max_results = reader.or("max_results", 1, integer(1..=MOST_RESULTS));
        let liveness = fields::check_liveness(reader);
        let Limits {
            min_score,
            max_fpir,
        } = limits?;
        Some(Self {
            collection_name: collection?,
            face_base_64: face?,
            min_similarity_score: min_score,
            max_fpir,
            max_results: max_results?,
            check_liveness: liveness?,
        })
    }
}

/// Who is this, among the persons of a collection?
///
/// Best first, each person once; nobody is an empty list.
#[utoipa::path(
    post,
    path = "/face-search",
    operation_id = "onpremise_face_search",
    tag = "OpenCV FR Server",
    request_body = FaceSearch,
    responses((status = 200, description = "The persons", body = Vec<MatchObject>), FaceFailures, LivenessFailures, MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn one(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<FaceSearch>,
) -> Result<(SearchHeaders, Json<Vec<MatchObject>>), ApiError> {
    let limits = Limits {
        min_score: request.min_similarity_score,
        max_fpir: request.max_fpir,
    };
    let terms = terms(owner.client, limits, request.max_results);
    let gate = fields::gate(request.check_liveness, &app.config);
    let (picture, name) = (request.face_base_64, request.collection_name);
    let search = service::search_every_face(&app, &owner.call, picture, &name, terms, gate).await?;
    let Search { mut found, aim } = search.answer;
    let least = limits.least(&aim);
    found.retain(|one| scale::reaches(one.score, least));
    let headers = SearchHeaders::on_scale(aim, least);
    let matches = MatchObject::all(&app, owner.client, &found).await?;
    Ok((headers, Json(matches)))
}

/// Faces to look for.
#[derive(Debug, ToSchema)]
#[schema(as = OnPremiseMultiFaceSearch)]
pub(super) struct MultiFaceSearch {
    /// Where to look.
    #[schema(example = "MyCollection")]
    collection_name: String,
    /// A picture of one or more persons in base64.
    #[schema(value_type = String)]
    multi_face_img_base_64: PictureSource,
    /// A face whose best person is below this score is not recognised.
    #[schema(value_type = Option<f64>, default = 0.7, minimum = 0, maximum = 1)]
    min_similarity_score: f64,
    /// Extension, in place of `min_similarity_score`: as in `/face-search`, of each face.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
}

impl FromReader for MultiFaceSearch {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let collection = fields::collection_name(reader);
        let picture = reader.required("multi_face_img_base_64", picture);
        let limits = fields::limits(reader);
        let Limits {
            min_score,
            max_fpir,
        } = limits?;
        Some(Self {
            collection_name: collection?,
            multi_face_img_base_64: picture?,
            min_similarity_score: min_score,
            max_fpir,
        })
    }
}

/// Who is in a picture.
#[derive(Serialize, ToSchema)]
#[schema(as = OnPremiseGroup)]
pub(super) struct Group {
    /// Of each face that is somebody's the likest person, largest face first. Two faces may be one person's.
    person_search_results: Vec<MatchObject>,
    /// Every other face, as a 112 x 112 JPEG.
    unrecognized_face_thumbnails_base_64: Vec<String>,
}

/// Who are these, among the persons of a collection? Every face of the picture is looked for.
#[utoipa::path(
    post,
    path = "/multi-face-search",
    operation_id = "onpremise_multi_face_search",
    tag = "OpenCV FR Server",
    request_body = MultiFaceSearch,
    responses((status = 200, description = "The persons, and the faces of others", body = Group), FaceFailures, MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn many(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<MultiFaceSearch>,
) -> Result<(SearchHeaders, Json<Group>), ApiError> {
    let limits = Limits {
        min_score: request.min_similarity_score,
        max_fpir: request.max_fpir,
    };
    let terms = terms(owner.client, limits, 1);
    let (picture, name) = (request.multi_face_img_base_64, request.collection_name);
    let group = service::search_group(&app, &owner.call, picture, &name, terms).await?;
    let least = limits.least(&group.aim);
    let (mut known, mut others): (Vec<Found>, Vec<String>) = (Vec::new(), Vec::new());
    for face in group.faces {
        match face.best.filter(|one| scale::reaches(one.score, least)) {
            Some(person) => known.push(person),
            None => others.push(base64_simd::STANDARD.encode_to_string(&face.thumbnail)),
        }
    }
    let answer = Group {
        person_search_results: MatchObject::all(&app, owner.client, &known).await?,
        unrecognized_face_thumbnails_base_64: others,
    };
    Ok((SearchHeaders::on_scale(group.aim, least), Json(answer)))
}

fn terms(client: ClientId, limits: Limits, results: u32) -> SearchTerms {
    SearchTerms {
        client,
        // The service fills in what the name stands for.
        collection: None,
        cutoff: limits.cutoff(),
        limit: results as usize,
        // The dialect has no modes. Exact, as the vendor's is.
        effort: Effort::Accurate,
    }
}
