//! `POST /opencv-fr/search-live-face`.

use axum::{Json, extract::State};
use inference::Effort;
use serde::Serialize;
use store::CollectionRef;
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    kinds::{MIN_SCORE, code, effort, limits, platform},
    liveness,
    persons::{PersonMatch, matches},
    search::MAX_RESULTS,
};
use crate::routes::opencv::document as words;
use crate::routes::{
    headers::SearchHeaders,
    opencv::body::{FromReader, Reader, integer, picture},
};
use service::{AppState, Cutoff, PictureSource, Search, SearchTerms};

/// Somebody who is there now, and is looked for.
#[derive(Debug, ToSchema)]
#[schema(as = CloudSearchLiveFace)]
pub(super) struct SearchLiveFaceRequest {
    /// Base64.
    #[schema(value_type = String)]
    image: PictureSource,
    /// `DESKTOP`, `ANDROID` or `IOS`; the models are the same for all.
    #[schema(value_type = Option<words::Platform>, inline, default = "DESKTOP")]
    #[expect(dead_code, reason = "it only has to be one of them")]
    os: (),
    /// The collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>, min_length = 36, max_length = 36)]
    collection_id: Option<CollectionRef>,
    /// Least score of the persons in the answer. A number, or a text that is one.
    #[schema(value_type = Option<f64>, minimum = 0.81, maximum = 1, default = 0.81)]
    min_score: f64,
    /// Extension, in place of `min_score`: as in `search`.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// Most persons in the answer.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    max_results: u32,
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "FAST")]
    search_mode: Effort,
}

impl FromReader for SearchLiveFaceRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let image = reader.required("image", picture);
        let os = platform(reader);
        let collection_id = reader.optional("collection_id", code);
        let limits = limits(reader, MIN_SCORE);
        let max_results = reader.or("max_results", MAX_RESULTS, integer(1..=100));
        let search_mode = reader.or("search_mode", Effort::Fast, effort);
        let (min_score, max_fpir) = limits?;
        Some(Self {
            image: image?,
            os: os?,
            collection_id: collection_id?,
            min_score,
            max_fpir,
            max_results: max_results?,
            search_mode: search_mode?,
        })
    }
}

/// How live somebody is, and who.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloudLiveMatches)]
pub(super) struct LiveMatches {
    /// 0 to 1, 4 decimals; live from 0.5 on.
    #[schema(minimum = 0, maximum = 1, example = 0.97)]
    liveness_score: f64,
    /// Best first; empty when the face is not live.
    persons: Vec<PersonMatch>,
}

/// Is the one who is there now live, and who is it? Nobody is searched for who is not live.
#[utoipa::path(
    post,
    path = "/opencv-fr/search-live-face",
    operation_id = "cloud_search_live_face",
    tag = "opencv.fr",
    request_body = SearchLiveFaceRequest,
    responses((status = 200, description = "The score and the persons", body = LiveMatches), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn search_live_face(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<SearchLiveFaceRequest>,
) -> Result<(SearchHeaders, Json<LiveMatches>), ApiError> {
    let terms = SearchTerms {
        client: owner.client,
        collection: request.collection_id,
        cutoff: Cutoff::new(request.min_score, request.max_fpir),
        limit: request.max_results as usize,
        effort: request.search_mode,
    };
    let policy = liveness::policy(&app, liveness::MIN_SCORE);
    let (kind, image) = ("search_live_face", request.image);
    let answer = service::search_live(&app, &owner.call, kind, image, policy, terms).await?;
    let Search { found, aim } = answer.search.answer;
    let matches = LiveMatches {
        liveness_score: answer.verdict.answer.score.rounded(),
        persons: matches(&app, owner.client, found).await?,
    };
    Ok((SearchHeaders::new(aim), Json(matches)))
}
