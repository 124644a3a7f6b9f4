//! `/`: what this server is, whether it is ready, and where its documentation is.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{Html, IntoResponse as _, Response},
};
use serde::Serialize;
use service::AppState;
use utoipa::ToSchema;

use super::health::is_ready;

/// What this server is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Welcome {
    /// Always `rostro`.
    name: &'static str,
    /// Version of the server.
    version: &'static str,
    /// Whether requests should be sent here; `/readyz` says why not.
    ready: bool,
    /// Path of the API's documentation; `null` when the settings switch it off.
    docs: Option<&'static str>,
}

/// What this server is, and whether it is ready: a page for browsers (`Accept: text/html`), JSON for all others.
#[utoipa::path(
    get,
    path = "/",
    tag = "Server",
    responses((status = 200, description = "What this server is", content(
        (Welcome = "application/json"),
        (String = "text/html"),
    )))
)]
pub(super) async fn welcome(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let welcome = Welcome {
        name: "rostro",
        version: env!("CARGO_PKG_VERSION"),
        ready: is_ready(&app).await,
        docs: app.config.docs.enabled.then_some("/docs/"),
    };
    let vary = [(header::VARY, "accept")];
    if wants_page(&headers) {
        (vary, Html(welcome.page())).into_response()
    } else {
        (vary, Json(welcome)).into_response()
    }
}

/// Whether the client names HTML before JSON, as browsers do.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let kinds = accept.flat_map(|value| value.split(','));
    let mut kinds = kinds.filter_map(|kind| kind.split(';').next());
    let named = kinds.find(|kind| matches!(kind.trim(), "text/html" | "application/json"));
    named.is_some_and(|kind| kind.trim() == "text/html")
}

impl Welcome {
    fn page(&self) -> String {
        let (class, state) = if self.ready {
            ("ready", "Ready: it takes requests.")
        } else {
            ("waiting", "Not ready yet.")
        };
        let docs = self.docs.map_or_else(String::new, |path| {
            format!(r#"<a class="main" href="{path}">API documentation</a>"#)
        });
        include_str!("welcome.html")
            .replace("{version}", self.version)
            .replace("{class}", class)
            .replace("{state}", state)
            .replace("{docs}", &docs)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_get_the_page_and_api_clients_json() {
        let asks = |accept: &'static str| {
            let value = HeaderValue::from_static(accept);
            wants_page(&HeaderMap::from_iter([(header::ACCEPT, value)]))
        };
        assert!(asks(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        ));
        assert!(asks("text/html; charset=utf-8"));
        assert!(!asks("application/json, text/html"));
        assert!(!asks("application/json, text/plain, */*"));
        assert!(!asks("*/*"));
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn the_page_says_what_is_so() {
        let page = |ready, docs| {
            let welcome = Welcome {
                name: "rostro",
                version: "1.2.3",
                ready,
                docs,
            };
            welcome.page()
        };
        let open = page(true, Some("/docs/"));
        assert!(open.contains("Ready:") && open.contains(r#"href="/docs/""#));
        assert!(open.contains("1.2.3") && !open.contains("{docs}"));
        let closed = page(false, None);
        assert!(closed.contains("Not ready") && !closed.contains("/docs"));
    }
}
