//! `POST /opencv-fr/search` and `/opencv-fr/search/crops`.

use axum::{Json, extract::State};
use inference::Effort;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    error::ApiError,
    extract::{Owner, Valid},
    failures::{CommonFailures, MissingFailures},
    kinds::{PICTURES, code, effort, limits},
    persons::{PersonMatch, matches},
};
use crate::routes::opencv::document as words;
use crate::routes::{
    headers::SearchHeaders,
    opencv,
    opencv::body::{FromReader, Reader, integer, picture},
};
use service::{App, AppState, Cutoff, PictureSource, Probe, Search, SearchTerms};

/// Most persons if a request does not say.
pub(super) const MAX_RESULTS: u32 = 10;

/// Pictures of one person who is looked for.
#[derive(Debug, ToSchema)]
#[schema(as = CloudSearch)]
pub(super) struct SearchRequest {
    /// One to three pictures of the person, in base64.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    images: Vec<PictureSource>,
    /// The collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>, min_length = 36, max_length = 36)]
    collection_id: Option<CollectionRef>,
    /// Most persons in the answer.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 500, default = 10)]
    max_results: u32,
    /// Least score of the persons in the answer. A number, or a text that is one.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.81)]
    min_score: f64,
    /// Extension, in place of `min_score`: the share of searches for people who are not enrolled that may find somebody. The least
    /// score follows from the number of enrolled faces. Beside `min_score` the stricter counts.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// `FAST` or `ACCURATE`.
    #[schema(value_type = Option<words::Mode>, inline, default = "FAST")]
    search_mode: Effort,
}

impl FromReader for SearchRequest {
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self> {
        let images = reader.list("images", PICTURES, picture);
        let collection_id = reader.optional("collection_id", code);
        let max_results = reader.or("max_results", MAX_RESULTS, integer(1..=500));
        let limits = limits(reader, 0.0);
        let search_mode = reader.or("search_mode", Effort::Fast, effort);
        let (min_score, max_fpir) = limits?;
        Some(Self {
            images: images?,
            collection_id: collection_id?,
            max_results: max_results?,
            min_score,
            max_fpir,
            search_mode: search_mode?,
        })
    }
}

impl SearchRequest {
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

/// Who is this, among the account's persons? Best first; nobody is an empty list.
#[utoipa::path(
    post,
    path = "/opencv-fr/search",
    operation_id = "cloud_search",
    tag = "opencv.fr",
    request_body = SearchRequest,
    responses((status = 200, description = "The persons", body = Vec<PersonMatch>), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn search(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<SearchRequest>,
) -> Result<(SearchHeaders, Json<Vec<PersonMatch>>), ApiError> {
    find(&app, owner, "search", request, Probe::Pictures).await
}

/// The same for face crops, such as `detect` gives. Larger pictures are taken too.
#[utoipa::path(
    post,
    path = "/opencv-fr/search/crops",
    operation_id = "cloud_search_crops",
    tag = "opencv.fr",
    request_body = SearchRequest,
    responses((status = 200, description = "The persons", body = Vec<PersonMatch>), MissingFailures, CommonFailures),
    security(("x-api-key" = []))
)]
pub(super) async fn search_crops(
    State(app): State<AppState>,
    Owner(owner): Owner,
    Valid(request): Valid<SearchRequest>,
) -> Result<(SearchHeaders, Json<Vec<PersonMatch>>), ApiError> {
    find(&app, owner, "search_crops", request, Probe::Crops).await
}

async fn find(
    app: &App,
    owner: opencv::Owner,
    kind: &'static str,
    request: SearchRequest,
    probe: Probe,
) -> Result<(SearchHeaders, Json<Vec<PersonMatch>>), ApiError> {
    let terms = request.terms(owner.client);
    let search = service::search(app, &owner.call, kind, request.images, probe, terms).await?;
    let Search { found, aim } = search.answer;
    let matches = matches(app, owner.client, found).await?;
    Ok((SearchHeaders::new(aim), Json(matches)))
}
