//! `/metrics`.

use axum::{Extension, extract::State, http::header, response::IntoResponse};

use crate::{AppState, observe::Metrics};

/// The metrics, as Prometheus reads them.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Server",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain"))
)]
pub(super) async fn prometheus(
    State(app): State<AppState>,
    Extension(metrics): Extension<Metrics>,
) -> impl IntoResponse {
    const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, KIND)], metrics.render(&app))
}
