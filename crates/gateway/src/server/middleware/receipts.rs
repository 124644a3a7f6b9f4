//! Receipts of deletions, as headers of the answer.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::REQUEST_ID;
use service::AppState;

/// Holds a receipt ([`service::Receipt`]); once for each person that the request deleted.
pub(in crate::server) const RECEIPT: HeaderName =
    HeaderName::from_static("x-rostro-deletion-receipt");

/// As many fit into what proxies take as headers.
const MOST: usize = 8;

/// Puts the receipts of what a request deleted into its answer, whatever the answer is.
pub(in crate::server) async fn receipts(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.headers().get(REQUEST_ID);
    let id = id
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let (mut response, receipts) =
        service::with_receipts(&*app.store, &id, next.run(request)).await;
    for receipt in receipts.iter().take(MOST) {
        if let Ok(value) = HeaderValue::from_str(receipt) {
            response.headers_mut().append(RECEIPT, value);
        }
    }
    response
}
