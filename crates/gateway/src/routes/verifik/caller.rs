//! Who asks, as the handlers name it in their signatures.

use axum::{extract::FromRequestParts, http::request::Parts};

use store::ClientId;

use super::error::ApiError;
use crate::caller::AuthClient;
use service::{AppState, Call, Credential};

/// A caller with a token that is good for an account.
pub(super) struct Caller(pub(super) Call);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let owner = Owner::from_request_parts(parts, app).await?;
        Ok(Self(owner.call))
    }
}

/// A caller and the account whose persons and collections the route is about.
pub(super) struct Owner {
    /// Who asks.
    pub(super) call: Call,
    /// The account.
    pub(super) client: ClientId,
}

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let caller = AuthClient::from_request_parts(parts, app).await?;
        let client = caller.client.id;
        let call = Call::of(parts, Some(client), caller.credential);
        Ok(Self { call, client })
    }
}

/// Anybody, on routes that ask for no token.
pub(super) struct Anybody(pub(super) Call);

impl<S: Send + Sync> FromRequestParts<S> for Anybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Call::of(parts, None, Credential::None)))
    }
}
