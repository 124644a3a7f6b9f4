//! Ids in paths, as the handlers name them in their signatures.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use store::{CollectionRef, PersonId};

use super::{error::ApiError, ids};

/// The collection in the path.
pub(super) struct CollectionPath(pub(super) CollectionRef);

impl<S: Send + Sync> FromRequestParts<S> for CollectionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(ids::collection(&id(parts, state).await)))
    }
}

/// The person in the path.
pub(super) struct PersonPath(pub(super) PersonId);

impl<S: Send + Sync> FromRequestParts<S> for PersonPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(ids::person(&id(parts, state).await)))
    }
}

/// The path's only parameter; what is not even text is no id either.
async fn id<S: Send + Sync>(parts: &mut Parts, state: &S) -> String {
    let parameters = RawPathParams::from_request_parts(parts, state).await;
    let first = parameters
        .as_ref()
        .ok()
        .and_then(|parameters| parameters.iter().next());
    first.map(|(_, value)| value.to_owned()).unwrap_or_default()
}
