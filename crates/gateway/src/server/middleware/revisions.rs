//! The headers by which a client of several nodes reads what it wrote: the revision that an answer saw, and the least one to answer from.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::Response,
};
use store::Revision;
use utoipa::openapi::{
    HeaderBuilder, Object, ObjectBuilder, OpenApi, RefOr, Required, Type,
    header::Header,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
};

use service::revisions;

use crate::routes::{Dialect, Refusal};

/// What an answer that depends on stored faces saw.
pub(in crate::server) const REVISION: HeaderName = HeaderName::from_static("x-rostro-revision");

/// What a search must see.
pub(in crate::server) const MIN_REVISION: HeaderName =
    HeaderName::from_static("x-rostro-min-revision");

/// Hands [`MIN_REVISION`] to the services and puts what they saw into [`REVISION`].
pub(in crate::server) async fn revisions(request: Request, next: Next) -> Response {
    let Ok(asked) = request.headers().get(MIN_REVISION).map(parsed).transpose() else {
        let dialect = Dialect::of(request.uri().path());
        return dialect.refuse(Refusal::BadRequest(StatusCode::BAD_REQUEST));
    };
    let (mut response, seen) = revisions::collect(asked, next.run(request)).await;
    if let Some(seen) = seen {
        let value = HeaderValue::from(seen.number());
        response.headers_mut().insert(REVISION, value);
    }
    response
}

/// Not below zero: that is before the first.
fn parsed(value: &HeaderValue) -> Result<Revision, NotARevision> {
    let text = value.to_str().map_err(|_| NotARevision)?;
    let number: u64 = text.parse().map_err(|_| NotARevision)?;
    i64::try_from(number)
        .map(Revision::from)
        .map_err(|_| NotARevision)
}

struct NotARevision;

/// Up to here every reader of JSON reads whole numbers exactly (RFC 8259, 6).
const EXACT: isize = (1 << 53) - 1;

/// What paths of operations are about that search among stored faces, compare with them, or change them.
const ABOUT_FACES: [&str; 5] = ["person", "collection", "search", "verify", "detect"];

/// What paths of searches have in them.
const SEARCHES: [&str; 3] = ["search", "project-type", "detect"];

/// Puts both headers into the document, where they mean something.
pub(in crate::server) fn document_revisions(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        if !ABOUT_FACES.iter().any(|word| path.contains(word)) {
            continue;
        }
        let PathItem {
            post,
            put,
            patch,
            delete,
            ..
        } = item;
        for operation in [post, put, patch, delete].into_iter().flatten() {
            document(operation);
            if SEARCHES.iter().any(|word| path.contains(word)) {
                let parameters = operation.parameters.get_or_insert_default();
                parameters.push(RefOr::T(min_revision()));
            }
        }
    }
}

fn document(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            let name = REVISION.as_str().to_owned();
            response.headers.insert(name, RefOr::T(revision()));
        }
    }
}

fn revision() -> Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::Integer)))
        .description(Some(
            "Extension: this answer saw every change of stored faces up to this revision; of a write, its own. Absent where an answer \
             depends on no stored face.",
        ))
        .build()
}

fn min_revision() -> Parameter {
    ParameterBuilder::new()
        .name(MIN_REVISION.as_str())
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0))
                .maximum(Some(EXACT)),
        ))
        .description(Some(
            "Extension, for installations of several nodes: an `x-rostro-revision` that this search must see. A node that is behind \
             waits for it for two seconds, then answers 503 with `Retry-After`.",
        ))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_number_from_zero_on() {
        let read = |text| {
            parsed(&HeaderValue::from_static(text))
                .ok()
                .map(Revision::number)
        };
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
        for wrong in ["", "-1", "9223372036854775808", "1.5", "x", "1,2"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
