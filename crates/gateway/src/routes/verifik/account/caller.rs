//! The caller's account, with the refusals that these routes have for those who have none.

use axum::{extract::FromRequestParts, http::request::Parts};
use store::Client;

use super::super::error::ApiError;
use crate::{
    AppState,
    auth::{AuthError, authenticate},
    config::ExpiredToken,
};

/// The account, on the session routes.
pub(in super::super) struct SessionAccount(pub(super) Client);

/// The account, on the routes about it.
pub(in super::super) struct OwnAccount(pub(super) Client);

impl FromRequestParts<AppState> for SessionAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let account = account(parts, app, ApiError::from_session_auth).await?;
        Ok(Self(account))
    }
}

impl FromRequestParts<AppState> for OwnAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let account = account(parts, app, ApiError::from_account_auth).await?;
        Ok(Self(account))
    }
}

async fn account(
    parts: &Parts,
    app: &AppState,
    told: fn(AuthError, ExpiredToken) -> ApiError,
) -> Result<Client, ApiError> {
    match authenticate(app, parts).await {
        Ok(account) => Ok(account.client),
        Err(error) => {
            crate::observe::rejected(error.name());
            Err(told(error, app.config.verifik.expired_token))
        }
    }
}
