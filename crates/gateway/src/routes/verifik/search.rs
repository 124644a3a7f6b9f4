//! `POST /v2/face-recognition/search`, and what the search routes share.

use axum::extract::State;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Rule, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    ids,
    matches::{PersonMatch, matches},
};
use crate::routes::headers::SearchHeaders;
use service::{AppState, Cutoff, PictureSource, Probe, Search, SearchTerms};

/// Most persons when a request does not say.
pub(super) const DEFAULT_MAX_RESULTS: u32 = 10;

/// Pictures of one person that a search takes.
const MAX_IMAGES: usize = 3;

/// Pictures of one person who is looked for.
#[derive(Debug, ToSchema)]
pub(super) struct SearchRequest {
    /// One to three pictures of the person: base64 (also URL-safe, with line breaks, or as a data URI), or `https` addresses; a
    /// single string is taken too, and so is `image`.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    pub(super) images: Vec<PictureSource>,
    /// Least score of the persons in the answer. Required without `max_fpir`.
    #[schema(value_type = Option<f64>, minimum = 0.2, maximum = 1)]
    pub(super) min_score: f64,
    /// Extension, in place of `min_score`: the share of searches for people who are not enrolled that may find somebody. The least
    /// score follows from the number of enrolled faces. Beside `min_score` the stricter counts.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    pub(super) max_fpir: Option<f64>,
    /// How hard to search.
    pub(super) search_mode: SearchMode,
    /// Code or id of the collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>)]
    pub(super) collection_id: Option<CollectionRef>,
    /// Most persons in the answer.
    #[schema(minimum = 1, maximum = 100, default = 10, required = false)]
    pub(super) max_results: u32,
}

impl SearchRequest {
    /// The fields of a search whose least score may be `least` or more.
    pub(super) fn read(fields: &Fields<'_>, least: f64) -> Result<Self, Invalid> {
        let images = fields.pictures("images").max_items(MAX_IMAGES).required()?;
        let (min_score, max_fpir) = limits(fields, least)?;
        Ok(Self {
            images,
            min_score,
            max_fpir,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: collection(fields)?,
            max_results: fields
                .whole("max_results", 1, 100)
                .or(DEFAULT_MAX_RESULTS)?,
        })
    }

    /// Among whom to search.
    pub(super) fn terms(&self, client: ClientId) -> SearchTerms {
        SearchTerms {
            client,
            collection: self.collection_id,
            cutoff: Cutoff::new(self.min_score, self.max_fpir),
            limit: self.max_results as usize,
            effort: self.search_mode.into(),
        }
    }
}

impl FromFields for SearchRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Self::read(fields, 0.2)
    }
}

/// `min_score`, which is `least` or more, and `max_fpir`, of which one must be there. Without the first, no score is too low for it.
pub(super) fn limits(fields: &Fields<'_>, least: f64) -> Result<(f64, Option<f64>), Invalid> {
    let min_score = fields.number("min_score", least, 1.0);
    let min_score = min_score.optional()?;
    let max_fpir = fields.number_inside("max_fpir", 0.0, 1.0).optional()?;
    match (min_score, max_fpir) {
        (None, None) => Err(Invalid::new("min_score", Rule::Required)),
        _ => Ok((min_score.unwrap_or(least), max_fpir)),
    }
}

/// The collection that a search is confined to.
pub(super) fn collection(fields: &Fields<'_>) -> Result<Option<CollectionRef>, Invalid> {
    let text = fields.text("collection_id").optional()?;
    Ok(text.map(|text| ids::collection(&text)))
}

/// Who is this, among the account's persons?
///
/// Best first, one entry per person; nobody is an empty list.
#[utoipa::path(
    post,
    path = "/v2/face-recognition/search",
    tag = "Search",
    request_body = SearchRequest,
    responses((status = 200, description = "The persons", body = Envelope<Vec<PersonMatch>>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn search(
    State(app): State<AppState>,
    owner: Owner,
    Valid(request): Valid<SearchRequest>,
) -> Result<(SearchHeaders, Envelope<Vec<PersonMatch>>), ApiError> {
    let terms = request.terms(owner.client);
    let (kind, images) = ("search", request.images);
    let found = service::search(&app, &owner.call, kind, images, Probe::Pictures, terms).await?;
    Ok(answer(&found.answer))
}

/// Whom a search found, with what its threshold means.
pub(super) fn answer(search: &Search) -> (SearchHeaders, Envelope<Vec<PersonMatch>>) {
    let headers = SearchHeaders::new(search.aim);
    (headers, Envelope::new(matches(&search.found)))
}
