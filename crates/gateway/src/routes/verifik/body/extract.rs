//! The extractor that handlers name in their signature: `Valid(request): Valid<CompareRequest>`.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::IntoResponse,
};
use bytes::Bytes;

use super::{BodyError, Fields, Invalid};
use crate::routes::verifik::error::ApiError;

/// A request that can be read from the fields of a body, in the order of its schema.
pub(crate) trait FromFields: Sized {
    /// Takes the fields that the route knows; others are ignored.
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid>;
}

/// A request that follows its route's rules. Whatever the content type says: clients in the field send none, or a wrong one.
pub(crate) struct Valid<T>(pub(crate) T);

impl<T: FromFields, S: Send + Sync> FromRequest<S> for Valid<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => BodyError::TooLarge,
                    _ => BodyError::Unreadable,
                })?;
        Ok(Self(read(&body)?))
    }
}

pub(super) fn read<T: FromFields>(body: &Bytes) -> Result<T, BodyError> {
    Ok(T::from_fields(&Fields::parse(body)?)?)
}
