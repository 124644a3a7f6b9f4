//! `GET|POST /v2/auth/session` and `POST /v2/auth/renew-and-revoke`.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        body::{Fields, FromFields, Invalid, ValidAnywhere},
        error::{ApiError, ErrorBody},
    },
    caller::SessionAccount,
    document::{AccountDocument, settings},
    failures::CommonFailures,
};
use service::AppState;

/// The longest life that may be asked for.
const MOST_MONTHS: u32 = 120;

const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// What is asked of a session; in the query or in the body.
#[derive(Debug, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct SessionRequest {
    /// `app` adds the account; `refresh`, and anything else, gives the token alone.
    #[schema(example = "refresh")]
    #[param(example = "refresh", required = false)]
    origin: String,
    /// Life of the new token in months of 30 days; else what the server's settings say.
    #[serde(rename = "expiresIn")]
    #[schema(minimum = 1, maximum = 120)]
    #[param(rename = "expiresIn", minimum = 1, maximum = 120, required = false)]
    expires_in: Option<u32>,
}

impl FromFields for SessionRequest {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            origin: fields.text("origin").or("refresh".to_owned())?,
            expires_in: fields.whole("expiresIn", 1, MOST_MONTHS).optional()?,
        })
    }
}

/// A new token.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Session {
    #[serde(rename = "accessToken")]
    access_token: String,
    /// Always `bearer`.
    #[serde(rename = "tokenType")]
    token_type: &'static str,
    /// With `origin=app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<AccountDocument>,
    /// With `origin=app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// A new token under both of its names.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct RenewedToken {
    token: String,
    #[serde(rename = "accessToken")]
    access_token: String,
    /// Always `bearer`.
    #[serde(rename = "tokenType")]
    token_type: &'static str,
}

/// What these routes tell callers without a good token.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "the OpenAPI document is made from it")]
enum SessionFailures {
    /// The body is not a JSON object.
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// The token is not good (`Invalid or expired token.`).
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The account is disabled, or the token is one of the identity provider, which cannot be exchanged (a setting).
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// No token (`missing Authorization header`), or a field that breaks a rule.
    #[response(status = 409)]
    Conflict(ErrorBody),
}

/// A new token for the caller's account. The old one stays good until it expires.
#[utoipa::path(
    get,
    path = "/v2/auth/session",
    tag = "Accounts",
    params(SessionRequest),
    responses((status = 200, description = "The token", body = Session), SessionFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn get_session(
    State(app): State<AppState>,
    SessionAccount(client): SessionAccount,
    ValidAnywhere(request): ValidAnywhere<SessionRequest>,
) -> Result<Json<Session>, ApiError> {
    let life = request.expires_in.map(|months| MONTH * months);
    let access_token = service::renew(&app, &client, life)?;
    let hydrate = request.origin == "app";
    Ok(Json(Session {
        access_token,
        token_type: "bearer",
        user: hydrate.then(|| AccountDocument::from(&client)),
        settings: hydrate.then(|| settings(&client)),
    }))
}

/// The same as `GET`.
#[utoipa::path(
    post,
    path = "/v2/auth/session",
    tag = "Accounts",
    params(SessionRequest),
    request_body = SessionRequest,
    responses((status = 200, description = "The token", body = Session), SessionFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn post_session(
    app: State<AppState>,
    account: SessionAccount,
    request: ValidAnywhere<SessionRequest>,
) -> Result<Json<Session>, ApiError> {
    get_session(app, account, request).await
}

/// A new token; all earlier ones stop working at once.
#[utoipa::path(
    post,
    path = "/v2/auth/renew-and-revoke",
    tag = "Accounts",
    responses((status = 200, description = "The token", body = RenewedToken), SessionFailures, CommonFailures),
    security(("bearer" = []))
)]
pub(in super::super) async fn renew_and_revoke(
    State(app): State<AppState>,
    SessionAccount(client): SessionAccount,
) -> Result<Json<RenewedToken>, ApiError> {
    let token = service::renew_and_revoke(&app, &client).await?;
    Ok(Json(RenewedToken {
        access_token: token.clone(),
        token,
        token_type: "bearer",
    }))
}
