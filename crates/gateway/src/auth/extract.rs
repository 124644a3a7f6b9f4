//! The account of a request, as a handler's argument.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use store::Client;

use super::{AuthError, bearer};
use crate::{App, AppState, limits::Ticket, routes::verifik::error::ApiError};

/// A handler that takes this is for accounts only: the request's token was verified, and the account stands by it.
/// Take it before the body, so that nothing is read from strangers.
#[derive(Debug, Clone)]
pub struct AuthClient {
    /// The account.
    pub client: Client,
}

/// The account that the request's `Authorization` header speaks for, within its limits.
///
/// # Errors
/// Every [`AuthError`].
pub(crate) async fn authenticate(app: &App, parts: &Parts) -> Result<AuthClient, AuthError> {
    let ticket = Ticket::of(&parts.extensions);
    let client = by_token(app, &parts.headers).await.inspect_err(|error| {
        if error.is_a_wrong_token() {
            ticket.inspect(|ticket| ticket.failed());
        }
    })?;
    ticket.map_or(Ok(()), |ticket| {
        ticket.opened(client.id).map_err(AuthError::TooManyRequests)
    })?;
    Ok(AuthClient { client })
}

async fn by_token(app: &App, headers: &HeaderMap) -> Result<Client, AuthError> {
    let claims = app.tokens.verify(bearer(headers)?)?;
    app.accounts.check(&claims).await
}

impl FromRequestParts<AppState> for AuthClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        authenticate(state, parts).await.map_err(|error| {
            crate::observe::rejected(error.name());
            ApiError::from_auth(error, state.config.verifik.expired_token)
        })
    }
}
