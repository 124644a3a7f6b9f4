//! From a request to what a route wants to know.

use std::borrow::Cow;

use axum::{
    extract::{FromRequest as _, Request},
    http::StatusCode,
    response::IntoResponse as _,
};
use bytes::Bytes;

use super::{BodyError, Place, Reader, reader::Source};
use crate::routes::json::{self, Value};

/// Fields of a query string that are looked at.
const MAX_QUERY_FIELDS: usize = 100;

/// A request that can be read from fields.
pub(crate) trait FromReader: Sized {
    /// Takes the fields that the route knows. `None` only when the reader has noted what is wrong.
    fn from_reader(reader: &Reader<'_, '_>) -> Option<Self>;
}

/// Reads the body. Whatever the content type says: clients in the field send none, or a wrong one.
///
/// # Errors
/// Every [`BodyError`].
pub(crate) async fn read_body<T: FromReader + Send + 'static, S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<T, BodyError> {
    json::read(bytes_of(request, state).await?, parse).await
}

/// Reads the body or, where there is none, the query string.
///
/// # Errors
/// Every [`BodyError`].
pub(crate) async fn read_body_or_query<T: FromReader + Send + 'static, S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<T, BodyError> {
    let query = request.uri().query().map(str::to_owned);
    let bytes = bytes_of(request, state).await?;
    match query {
        Some(query) if bytes.trim_ascii().is_empty() => read_query(&query),
        _ => json::read(bytes, parse).await,
    }
}

async fn bytes_of<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, BodyError> {
    let bytes = Bytes::from_request(request, state).await;
    bytes.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => BodyError::TooLarge,
        _ => BodyError::Unreadable,
    })
}

/// Reads the query string.
///
/// # Errors
/// [`BodyError::Faults`].
pub(crate) fn read_query<T: FromReader>(query: &str) -> Result<T, BodyError> {
    let fields = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let (name, value) = (name.into_owned(), value.into_owned());
        (Cow::Owned(name), Value::String(Cow::Owned(value)))
    });
    let entries: Vec<_> = fields.take(MAX_QUERY_FIELDS).collect();
    typed(Place::Query, &Bytes::new(), &entries)
}

pub(super) fn parse<T: FromReader>(bytes: &Bytes) -> Result<T, BodyError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        // No body at all is an object without fields: it is told which ones are missing.
        return typed(Place::Body, bytes, &[]);
    }
    match Value::parse(text) {
        Ok(Value::Object(entries)) => typed(Place::Body, bytes, &entries),
        Ok(_) => Err(BodyError::NotAnObject),
        Err(error) => Err(BodyError::Syntax {
            line: error.line(),
            column: error.column(),
        }),
    }
}

fn typed<'a, T: FromReader>(
    place: Place,
    bytes: &'a Bytes,
    entries: &[(Cow<'a, str>, Value<'a>)],
) -> Result<T, BodyError> {
    let source = Source { place, bytes };
    let reader = Reader::new(&source, entries);
    T::from_reader(&reader).ok_or_else(|| BodyError::Faults(reader.faults()))
}

/// Reads a body and a query as a `T`, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_any<T: FromReader>(body: &Bytes, query: &str) {
    for read in [parse::<T>(body).err(), read_query::<T>(query).err()] {
        // A refusal names at least one fault: a client must be told something.
        assert!(!matches!(read, Some(BodyError::Faults(faults)) if faults.is_empty()));
    }
}
