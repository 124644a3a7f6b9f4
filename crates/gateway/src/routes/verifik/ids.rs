//! Ids out of texts. A text that is no id becomes an id that nobody has: malformed, unknown and foreign ids are one case, told
//! where the store says that nothing is there.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use store::{CollectionCode, CollectionRef, PersonId};
use uuid::Uuid;

use super::error::ApiError;

/// The collection that a text names, by id or code.
pub(super) fn collection(text: &str) -> CollectionRef {
    let nowhere = CollectionRef::Code(CollectionCode::from(Uuid::nil()));
    text.trim().parse().unwrap_or(nowhere)
}

/// The person that a text names.
pub(super) fn person(text: &str) -> PersonId {
    // Ids begin with the time of their making, which is never 1970.
    text.trim().parse().unwrap_or(PersonId::from([0; 12]))
}

/// The collection in the path.
pub(super) struct CollectionPath(pub(super) CollectionRef);

impl<S: Send + Sync> FromRequestParts<S> for CollectionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        // What is not even text is no id either.
        Ok(Self(collection(&text.map(|Path(text)| text).unwrap_or_default())))
    }
}

/// The person in the path.
pub(super) struct PersonPath(pub(super) PersonId);

impl<S: Send + Sync> FromRequestParts<S> for PersonPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(person(&text.map(|Path(text)| text).unwrap_or_default())))
    }
}
