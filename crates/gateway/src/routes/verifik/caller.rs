//! Who asks, as the handlers name it in their signatures.

use axum::{extract::FromRequestParts, http::request::Parts};

use store::ClientId;

use super::error::ApiError;
use crate::{AppState, auth::AuthClient, server::REQUEST_ID, service::Call};

/// A caller with a token that is good for an account.
pub(super) struct Caller(pub(super) Call);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let account = AuthClient::from_request_parts(parts, app).await?;
        Ok(Self(Call {
            client: Some(account.client.id),
            request_id: request_id(parts),
        }))
    }
}

/// An account, on routes about what it owns.
pub(super) struct Owner {
    /// The account.
    pub(super) client: ClientId,
    /// The same, for the audit.
    pub(super) call: Call,
}

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let account = AuthClient::from_request_parts(parts, app).await?;
        let client = account.client.id;
        Ok(Self {
            client,
            call: Call {
                client: Some(client),
                request_id: request_id(parts),
            },
        })
    }
}

/// Anybody, on routes that ask for no token.
pub(super) struct Anybody(pub(super) Call);

impl<S: Send + Sync> FromRequestParts<S> for Anybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Call {
            client: None,
            request_id: request_id(parts),
        }))
    }
}

/// The id that the server's middleware gave the request.
fn request_id(parts: &Parts) -> String {
    let header = parts
        .headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_owned()
}
