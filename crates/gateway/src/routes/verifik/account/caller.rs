//! The caller's account, with the refusals that these routes have for those who have none.

use axum::{extract::FromRequestParts, http::request::Parts};
use store::Client;

use super::super::error::ApiError;
use crate::caller::{AuthClient, authenticated, authenticated_own};
use service::{AppState, auth::AuthError, config::ExpiredToken};

/// The account, on the session routes.
pub(in super::super) struct SessionAccount(pub(super) Client);

/// The account, on the route that shows it.
pub(in super::super) struct OwnAccount(pub(super) Client);

/// The account, on the routes that change it.
pub(in super::super) struct ChangedAccount(pub(super) Client);

impl FromRequestParts<AppState> for SessionAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let caller = authenticated_own(app, parts);
        told(caller, app, ApiError::from_session_auth).map(Self)
    }
}

impl FromRequestParts<AppState> for OwnAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let caller = authenticated(parts);
        told(caller, app, ApiError::from_account_auth).map(Self)
    }
}

impl FromRequestParts<AppState> for ChangedAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let caller = authenticated_own(app, parts);
        told(caller, app, ApiError::from_account_auth).map(Self)
    }
}

fn told(
    caller: Result<AuthClient, AuthError>,
    app: &AppState,
    words: fn(AuthError, ExpiredToken) -> ApiError,
) -> Result<Client, ApiError> {
    caller.map(|caller| caller.client).map_err(|error| {
        service::observe::rejected(error.name());
        words(error, app.config.verifik.expired_token)
    })
}
