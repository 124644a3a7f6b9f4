//! The account of a request, as a handler's argument.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use store::Client;

use super::{AuthError, bearer};
use crate::{App, AppState, routes::verifik::error::ApiError};

/// A handler that takes this is for accounts only: the request's token was verified, and the account stands by it.
/// Take it before the body, so that nothing is read from strangers.
#[derive(Debug, Clone)]
pub struct AuthClient {
    /// The account.
    pub client: Client,
}

/// The account that the request's `Authorization` header speaks for.
///
/// # Errors
/// Every [`AuthError`].
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<AuthClient, AuthError> {
    let claims = app.tokens.verify(bearer(headers)?)?;
    let client = app.accounts.check(&claims).await?;
    Ok(AuthClient { client })
}

impl FromRequestParts<AppState> for AuthClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        authenticate(state, &parts.headers).await.map_err(|error| {
            crate::observe::rejected(error.name());
            ApiError::from_auth(error, state.config.verifik.expired_token)
        })
    }
}
