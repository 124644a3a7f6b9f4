//! `POST /v2/face-recognition/search`, and what the search routes share.

use axum::extract::State;
use store::{ClientId, CollectionRef};
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    ids,
    matches::{PersonMatch, matches},
};
use crate::{
    AppState,
    service::{self, PictureSource, Probe, SearchTerms},
};

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
    /// Least score of the persons in the answer.
    #[schema(minimum = 0.2, maximum = 1)]
    pub(super) min_score: f64,
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
        Ok(Self {
            images: fields.pictures("images").max_items(MAX_IMAGES).required()?,
            min_score: fields.number("min_score").between(least, 1.0).required()?,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: collection(fields)?,
            max_results: fields
                .number("max_results")
                .whole(1, 100)
                .or(DEFAULT_MAX_RESULTS)?,
        })
    }

    /// Among whom to search.
    pub(super) fn terms(&self, client: ClientId) -> SearchTerms {
        SearchTerms {
            client,
            collection: self.collection_id,
            min_score: self.min_score,
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
) -> Result<Envelope<Vec<PersonMatch>>, ApiError> {
    let terms = request.terms(owner.client);
    let (kind, images) = ("search", request.images);
    let found = service::search(&app, &owner.call, kind, images, Probe::Pictures, terms).await?;
    Ok(Envelope::new(matches(&found.answer)))
}
