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
use crate::{
    AppState,
    config::ActiveUserAnswer,
    service::{self, PictureSource, Probe},
};

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
    /// Least score of the persons in the answer.
    #[schema(minimum = 0.5, maximum = 1)]
    min_score: f64,
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
        Ok(Self {
            image: fields.picture("image").required()?,
            os: platform(fields).required()?,
            min_score: fields.number("min_score").between(0.5, 1.0).required()?,
            search_mode: fields.search_mode("search_mode").required()?,
            collection_id: search::collection(fields)?,
            liveness_min_score: fields
                .number("liveness_min_score")
                .between(0.5, 1.0)
                .optional()?,
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
) -> Result<Envelope<ActiveUsers>, ApiError> {
    let terms = terms(
        client,
        request.collection_id,
        request.min_score,
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
        return Ok(Envelope::new(ActiveUsers::List(matches(&found.answer))));
    };
    let policy = liveness::policy(&app, least);
    let answer = service::search_live(&app, &call, KIND, image, policy, terms).await?;
    Ok(Envelope::new(match shape {
        ActiveUserAnswer::List => ActiveUsers::List(matches(&answer.found.answer)),
        _ => ActiveUsers::Object(Box::new(LiveMatches::new(&call, request.os, &answer))),
    }))
}
