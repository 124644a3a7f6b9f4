//! Answers: JSON on every error path, safe headers on every page.

use std::any::Any;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use service::observe::rejected;

use crate::routes::{Dialect, Refusal};

/// What pages of the documentation may load: what this server sends, and the styles that Swagger UI writes into its own page.
const CONTENT_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Puts a JSON body into errors that have none: those of the framework and of the documentation's pages.
pub(in crate::server) async fn json_errors(request: Request, next: Next) -> Response {
    let dialect = Dialect::of(request.uri().path());
    let response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error())
        || content_type(response.headers()) == "application/json"
    {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut answer = dialect.refuse(match parts.status {
        StatusCode::NOT_FOUND => Refusal::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Refusal::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        status if status.is_client_error() => Refusal::BadRequest(status),
        _ => Refusal::Internal,
    });
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

/// Tells browsers to load nothing from elsewhere into the pages of the documentation, and not to frame them.
pub(in crate::server) async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if content_type(response.headers()) == "text/html" {
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_POLICY),
        );
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
    }
    response
}

/// A panic in a handler costs its own request only. Its text may quote anything, so it is not repeated here; the process's
/// panic hook has printed where it happened. The body comes from [`json_errors`].
pub(in crate::server) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    rejected("panic");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}
