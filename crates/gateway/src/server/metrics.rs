//! `/metrics`.

use std::sync::Arc;

use axum::{Extension, extract::State, http::header, response::IntoResponse};

use service::{AppState, observe::Metrics};

use super::Tls;

/// What the page is made from, beside the server's parts.
#[derive(Clone)]
pub(super) struct Sources {
    /// The process's metrics.
    pub(super) metrics: Metrics,
    /// The certificate in use, where the server speaks TLS itself.
    pub(super) tls: Option<Arc<Tls>>,
}

/// The metrics, as Prometheus reads them.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Server",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain"))
)]
pub(super) async fn prometheus(
    State(app): State<AppState>,
    Extension(sources): Extension<Sources>,
) -> impl IntoResponse {
    const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";
    let expires = sources.tls.map(|tls| tls.expires());
    let text = sources.metrics.render(&app, expires);
    ([(header::CONTENT_TYPE, KIND)], text)
}
