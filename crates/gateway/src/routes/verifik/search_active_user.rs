//! `POST /v2/face-recognition/search-active-user`. Two contracts exist; the request chooses, or the settings do.

use axum::extract::State;
use serde::Serialize;
use store::CollectionRef;
use utoipa::ToSchema;

use super::{
    body::{Fields, FromFields, Invalid, Valid},
    caller::Owner,
    document::SearchMode,
    envelope::Envelope,
    error::ApiError,
    failures::{MissingFailures, PictureFailures, TokenFailures},
    liveness,
    matches::{PersonMatch, matches},
    search,
    search_live_face::{LiveMatches, platform, terms},
};
use crate::routes::headers::SearchHeaders;
use service::{AppState, Cutoff, PictureSource, Probe, config::ActiveUserAnswer};

/// Kind of the audit record.
const KIND: &str = "search_active_user";

/// One picture of somebody who is looked for. With `liveness_min_score` the face must be live, and the answer is the object of
/// `search-live-face`; else it is the list of `search`.
#[derive(Debug, ToSchema)]
pub(super) struct SearchActiveUserRequest {
    /// Base64 (also URL-safe, with line breaks, or as a data URI), or an `https` address.
    #[schema(value_type = String)]
    image: PictureSource,
    /// `DESKTOP`, `IOS` or `ANDROID`.
    #[schema(value_type = String, example = "DESKTOP")]
    os: &'static str,
    /// Least score of the persons in the answer. Required without `max_fpir`.
    #[schema(value_type = Option<f64>, minimum = 0.5, maximum = 1)]
    min_score: f64,
    /// Extension, in place of `min_score`: as in `search`.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.001)]
    max_fpir: Option<f64>,
    /// How hard to search.
    search_mode: SearchMode,
    /// Code or id of the collection to search in; all persons of the account when absent.
    #[schema(value_type = Option<String>)]
    collection_id: Option<CollectionRef>,
    /// The liveness score must be above this.
    #[schema(minimum = 0.5, maximum = 1)]
    liveness_min_score: Option<f64>,
}

impl FromFields for SearchActiveUserRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        let image = fields.picture("image").required()?;
        let os = platform(fields).required()?;
        let (min_score, max_fpir) = search::limits(fields, 0.5)?;
        Ok(Self {
            image,
            os,
            min_score,
            max_fpir,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: search::collection(fields)?,
            liveness_min_score: fields.number("liveness_min_score", 0.5, 1.0).optional()?,
        })
    }
}

/// Whom the search found, in the shape that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum ActiveUsers {
    /// Without liveness.
    List(Vec<PersonMatch>),
    /// With liveness.
    Object(Box<LiveMatches>),
}

/// Who is this, among the account's persons (and is the face live)?
#[utoipa::path(
    post,
    path = "/v2/face-recognition/search-active-user",
    tag = "Search",
    request_body = SearchActiveUserRequest,
    responses((status = 200, description = "The persons; with `liveness_min_score` also the verdict", body = Envelope<ActiveUsers>), MissingFailures, PictureFailures, TokenFailures),
    security(("bearer" = []))
)]
pub(super) async fn search_active_user(
    State(app): State<AppState>,
    Owner { call, client }: Owner,
    Valid(request): Valid<SearchActiveUserRequest>,
) -> Result<(SearchHeaders, Envelope<ActiveUsers>), ApiError> {
    let terms = terms(
        client,
        request.collection_id,
        Cutoff::new(request.min_score, request.max_fpir),
        request.search_mode,
    );
    let (image, shape) = (request.image, app.config.verifik.search_active_user);
    // Whoever asks for liveness gets it, in either shape.
    let least = match shape {
        ActiveUserAnswer::Object => request
            .liveness_min_score
            .or(Some(liveness::DEFAULT_MIN_SCORE)),
        ActiveUserAnswer::Auto | ActiveUserAnswer::List => request.liveness_min_score,
    };
    let Some(least) = least else {
        let images = vec![image];
        let found = service::search(&app, &call, KIND, images, Probe::Pictures, terms).await?;
        let headers = SearchHeaders::new(found.answer.aim);
        let list = ActiveUsers::List(matches(&found.answer.found));
        return Ok((headers, Envelope::new(list)));
    };
    let policy = liveness::policy(&app, least);
    let answer = service::search_live(&app, &call, KIND, image, policy, terms).await?;
    let search = &answer.search.answer;
    let users = match shape {
        ActiveUserAnswer::List => ActiveUsers::List(matches(&search.found)),
        _ => ActiveUsers::Object(Box::new(LiveMatches::new(&call, request.os, &answer))),
    };
    Ok((SearchHeaders::new(search.aim), Envelope::new(users)))
}
