//! `POST /v2/face-recognition/search/crops`.

use axum::extract::State;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    matches::PersonMatch,
    search::{SearchRequest, answer},
};
use crate::routes::headers::SearchHeaders;
use service::{AppState, Probe};

/// Face crops of one person who is looked for.
#[derive(Debug)]
pub(super) struct SearchCropsRequest(SearchRequest);

/// Face crops of one person who is looked for.
#[derive(ToSchema)]
#[schema(as = SearchCropsRequest)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
pub(super) struct SearchCropsSchema {
    /// One to three tight crops of the face, in the forms of `search`; larger pictures are taken too. Where no face is found, the
    /// whole picture is taken as one.
    #[schema(min_items = 1, max_items = 3)]
    images: Vec<String>,
    /// Least score of the persons in the answer. Required without `max_fpir`.
    #[schema(minimum = 0.5, maximum = 1)]
    min_score: Option<f64>,
    /// Extension, in place of `min_score`: as in `search`.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// How hard to search.
    search_mode: SearchMode,
    /// Code or id of the collection to search in; all persons of the account when absent.
    collection_id: Option<String>,
    /// Most persons in the answer.
    #[schema(minimum = 1, maximum = 100, default = 10, required = false)]
    max_results: Option<u32>,
}

impl FromFields for SearchCropsRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        SearchRequest::read(fields, 0.5).map(Self)
    }
}

/// Who is this, among the account's persons? For pictures that are cut to the face.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/search/crops",
    tag = "Search",
    request_body = SearchCropsSchema,
    responses((status = 200, description = "The persons", body = Envelope<Vec<PersonMatch>>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn search_crops(
    State(app): State<AppState>,
    owner: Owner,
    Valid(SearchCropsRequest(request)): Valid<SearchCropsRequest>,
) -> Result<(SearchHeaders, Envelope<Vec<PersonMatch>>), ApiError> {
    let terms = request.terms(owner.client);
    let (kind, images) = ("search_crops", request.images);
    let found = service::search(&app, &owner.call, kind, images, Probe::Crops, terms).await?;
    Ok(answer(&found.answer))
}
