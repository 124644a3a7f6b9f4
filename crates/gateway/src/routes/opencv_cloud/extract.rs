//! What handlers name in their signatures. The caller comes first: nothing is read from strangers.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};

use super::error::ApiError;
use crate::{
    AppState,
    routes::opencv::{
        self,
        body::{FromReader, read_body, read_query},
    },
};

/// A caller with a good key.
pub(super) struct Owner(pub(super) opencv::Owner);

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        Ok(Self(opencv::Owner::of(parts, app).await?))
    }
}

/// A body that follows its route's rules.
pub(super) struct Valid<T>(pub(super) T);

impl<T: FromReader, S: Send + Sync> FromRequest<S> for Valid<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Ok(Self(read_body(request, state).await?))
    }
}

/// A query that follows its route's rules.
pub(super) struct ValidQuery<T>(pub(super) T);

impl<T: FromReader, S: Send + Sync> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(read_query(parts.uri.query().unwrap_or_default())?))
    }
}
