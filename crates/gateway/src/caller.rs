//! The account of a request, as a handler's argument.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use store::Client;

use crate::routes::verifik::error::ApiError;
use service::auth::{AuthError, IdentityProvider, bearer};
use service::{App, AppState, Credential, limits::Ticket};

/// A handler that takes this is for accounts only: the request's token was verified, and the account stands by it.
/// Take it before the body, so that nothing is read from strangers.
#[derive(Debug, Clone)]
pub struct AuthClient {
    /// The account.
    pub client: Client,
    /// Whose token it was.
    pub credential: Credential,
}

/// The account that the request's `Authorization` header speaks for, within its limits.
///
/// # Errors
/// Every [`AuthError`].
pub(crate) async fn authenticate(app: &App, parts: &Parts) -> Result<AuthClient, AuthError> {
    let ticket = Ticket::of(&parts.extensions);
    let caller = by_token(app, &parts.headers).await.inspect_err(|error| {
        if error.is_a_wrong_token() {
            ticket.inspect(|ticket| ticket.failed());
        }
    })?;
    ticket.map_or(Ok(()), |ticket| {
        ticket
            .opened(caller.client.id)
            .map_err(AuthError::TooManyRequests)
    })?;
    Ok(caller)
}

async fn by_token(app: &App, headers: &HeaderMap) -> Result<AuthClient, AuthError> {
    let token = bearer(headers)?;
    let provider = app.identity_provider.as_ref();
    if let Some(provider) = provider.filter(|_| IdentityProvider::is_meant_by(token)) {
        let identity = provider.verify(token).await?;
        return Ok(AuthClient {
            client: app.accounts.of_identity(&identity).await?,
            credential: Credential::IdentityProvider,
        });
    }
    let claims = app.tokens.verify(token)?;
    Ok(AuthClient {
        client: app.accounts.check(&claims).await?,
        credential: Credential::Token,
    })
}

/// The account, for what only this server's own tokens may do unless the settings say otherwise: what outlives the token.
///
/// # Errors
/// Every [`AuthError`].
pub(crate) async fn authenticate_own(app: &App, parts: &Parts) -> Result<AuthClient, AuthError> {
    let caller = authenticate(app, parts).await?;
    let provider = app.identity_provider.as_ref();
    let foreign = caller.credential == Credential::IdentityProvider
        && !provider.is_some_and(IdentityProvider::may_exchange);
    if foreign {
        Err(AuthError::ForeignToken)
    } else {
        Ok(caller)
    }
}

impl FromRequestParts<AppState> for AuthClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        authenticate(state, parts).await.map_err(|error| {
            service::observe::rejected(error.name());
            ApiError::from_auth(error, state.config.verifik.expired_token)
        })
    }
}
