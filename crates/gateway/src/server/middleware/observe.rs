//! The request's id, its log span and its metrics.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

/// The header that carries a request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static(service::REQUEST_ID);

/// Longest id that is taken from a client.
const LONGEST: usize = 128;

/// Gives the request an id (its own when it brings a usable one), a span in the log and a place in the metrics.
pub(in crate::server) async fn observe(mut request: Request, next: Next) -> Response {
    let id = usable_id(&request).unwrap_or_else(new_id);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let route: Arc<str> = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| Arc::from("unmatched"), |path| Arc::from(path.as_str()));
    let mut guard = service::observe::started(request.method(), Arc::clone(&route));
    // No query, no headers: they may hold tokens and addresses of pictures.
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), method = %request.method(), route = &*route);
    async move {
        let mut response = next.run(request).await;
        response.headers_mut().insert(REQUEST_ID, id);
        let time = guard.answered(response.status());
        tracing::info!(
            status = response.status().as_u16(),
            ms = time.as_millis() as u64,
            "answered"
        );
        response
    }
    .instrument(span)
    .await
}

/// The client's own id, if it has only visible ASCII and is not long: it goes into logs and back out.
fn usable_id(request: &Request) -> Option<HeaderValue> {
    let value = request.headers().get(REQUEST_ID)?;
    let bytes = value.as_bytes();
    let usable =
        !bytes.is_empty() && bytes.len() <= LONGEST && bytes.iter().all(u8::is_ascii_graphic);
    usable.then(|| value.clone())
}

fn new_id() -> HeaderValue {
    // Hex digits and hyphens are always a header's value.
    HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("-"))
}
