//! What handlers name in their signatures.

use axum::extract::{FromRequest, Request};

use super::error::ApiError;
use crate::routes::opencv::{
    body::{FromReader, read_body_or_query},
    extractors,
};

extractors!(ApiError);

/// A body, where the fields may stand in the query when there is none: some proxies drop the body of a DELETE.
pub(super) struct ValidAnywhere<T>(pub(super) T);

impl<T: FromReader + Send + 'static, S: Send + Sync> FromRequest<S> for ValidAnywhere<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Ok(Self(read_body_or_query(request, state).await?))
    }
}
