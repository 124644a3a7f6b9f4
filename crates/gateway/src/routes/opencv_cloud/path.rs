//! Ids in paths, as the handlers name them in their signatures.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::error::ApiError;

/// The path's parameters, in its order. What is not even text becomes an empty text: the id of nothing. A path without parameters
/// ends in an id that is also a word of ours (see the router).
pub(super) struct Ids<const N: usize>(pub(super) [String; N]);

impl<const N: usize, S: Send + Sync> FromRequestParts<S> for Ids<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let mut values = parameters
            .iter()
            .flatten()
            .map(|(_, value)| value.to_owned());
        let none = parameters.iter().flatten().next().is_none();
        let last = parts.uri.path().rsplit('/').next().map(str::to_owned);
        let mut last = last.filter(|_| none);
        Ok(Self(std::array::from_fn(|_| {
            values.next().or_else(|| last.take()).unwrap_or_default()
        })))
    }
}
