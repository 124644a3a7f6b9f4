//! The extractor that handlers name in their signature: `Valid(request): Valid<CompareRequest>`.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::IntoResponse,
};
use bytes::Bytes;

use super::{BodyError, Fields, Invalid};
use crate::routes::{json, verifik::error::ApiError};

/// A request that can be read from the fields of a body, in the order of its schema.
pub(crate) trait FromFields: Sized {
    /// Takes the fields that the route knows; others are ignored.
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Invalid>;
}

/// A request that follows its route's rules. Whatever the content type says: clients in the field send none, or a wrong one.
pub(crate) struct Valid<T>(pub(crate) T);

/// The same, where fields may stand in the query as well as in the body.
pub(crate) struct ValidAnywhere<T>(pub(crate) T);

impl<T: FromFields + Send + 'static, S: Send + Sync> FromRequest<S> for ValidAnywhere<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = bytes(request, state).await?;
        let read = json::read(body, move |body| {
            let fields = Fields::parse_with_query(body, &query)?;
            T::from_fields(&fields).map_err(BodyError::from)
        });
        Ok(Self(read.await?))
    }
}

impl<T: FromFields + Send + 'static, S: Send + Sync> FromRequest<S> for Valid<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = bytes(request, state).await?;
        Ok(Self(json::read(body, read).await?))
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, BodyError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => BodyError::TooLarge,
            _ => BodyError::Unreadable,
        })
}

pub(super) fn read<T: FromFields>(body: &Bytes) -> Result<T, BodyError> {
    Ok(T::from_fields(&Fields::parse(body)?)?)
}
