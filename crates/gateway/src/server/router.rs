//! All routes, and around them what is true of each.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Uri, header},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use tower::util::option_layer;
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Tls,
    api::Document,
    docs::{self, Part},
    health, metrics,
    middleware::{self, Accounts, Credential, Strangers, TimeLimits},
    welcome,
};
use crate::routes::{Dialect, OpenRoutes, Refusal, opencv_cloud, opencv_onpremise, verifik};
use service::{AppState, Config, observe::Metrics};

/// The server as services.
pub struct Routes {
    /// What `server.listen` serves.
    pub all: Router,
    /// What `server.operators_listen` serves, where that is set.
    pub operators: Option<Router>,
}

/// The whole server; `tls`: the certificate in use, which the metrics tell the end of.
pub fn router(app: AppState, metrics: Metrics, tls: Option<Arc<Tls>>) -> Routes {
    let config = &app.config;
    let (routes, parts) = dialects(&app);
    // What a load balancer or Prometheus asks must be answered when all places are taken.
    let routes = routes.layer(from_fn_with_state(
        Arc::clone(&app.limits),
        middleware::guard,
    ));
    let health = || {
        OpenApiRouter::with_openapi(Document::openapi())
            .routes(routes!(welcome::welcome))
            .routes(routes!(health::healthz))
            .routes(routes!(health::readyz))
    };
    let mut operators = health();
    if config.metrics.enabled {
        let scraped = OpenApiRouter::new().routes(routes!(metrics::prometheus));
        operators = operators.merge(scraped.layer(Extension(metrics::Sources { metrics, tls })));
    }
    let (mut operators, operators_api) = operators.split_for_parts();
    if config.docs.enabled {
        operators = operators.merge(docs::pages(parts, operators_api));
    }
    let (routes, operators) = match config.server.operators_listen() {
        None => (routes.merge(operators), None),
        Some(_) => (routes.merge(health().split_for_parts().0), Some(operators)),
    };
    let whole = |routes: Router<AppState>| {
        let routes = routes
            .fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed);
        around(routes, config).with_state(Arc::clone(&app))
    };
    Routes {
        all: whole(routes),
        operators: operators.map(whole),
    }
}

async fn not_found(uri: Uri) -> Response {
    Dialect::of(uri.path()).refuse(Refusal::NotFound)
}

async fn method_not_allowed(uri: Uri) -> Response {
    Dialect::of(uri.path()).refuse(Refusal::MethodNotAllowed)
}

/// The routes of the dialects that the settings ask for, and the part of each in the documentation.
fn dialects(app: &AppState) -> (Router<AppState>, Vec<Part>) {
    let (token, key) = (Credential::Token, Credential::ApiKey);
    let config = &app.config;
    let mut dialects = Vec::new();
    if config.verifik.enabled {
        let mut router = behind_accounts(app, token, verifik::router());
        for open in verifik::open_routes(&config.verifik) {
            router = router.merge(behind_strangers(app, open));
        }
        verifik::document_optional_bodies(router.get_openapi_mut());
        dialects.push((docs::VERIFIK, router));
    }
    if config.opencv_onpremise.enabled {
        let router = behind_accounts(app, key, opencv_onpremise::router());
        dialects.push((docs::OPENCV_ONPREMISE, router));
    }
    if config.opencv_cloud.enabled {
        let router = behind_accounts(app, key, opencv_cloud::router());
        dialects.push((docs::OPENCV_CLOUD, router));
    }
    let (mut routes, mut parts) = (Router::new(), Vec::new());
    for (name, router) in dialects {
        let (these, mut api) = router.split_for_parts();
        middleware::document_warnings(&mut api);
        middleware::document_revisions(&mut api);
        routes = routes.merge(these);
        parts.push(Part { name, api });
    }
    (routes, parts)
}

/// Routes for who shows a credential.
fn behind_accounts(
    app: &AppState,
    credential: Credential,
    routes: OpenApiRouter<AppState>,
) -> OpenApiRouter<AppState> {
    let door = Accounts {
        app: Arc::clone(app),
        credential,
        largest: largest_body(&app.config),
    };
    told_in_headers(app, routes).route_layer(from_fn_with_state(door, middleware::accounts))
}

/// Routes for anybody.
fn behind_strangers(app: &AppState, open: OpenRoutes) -> OpenApiRouter<AppState> {
    let largest = largest_body(&app.config);
    let door = Strangers {
        app: Arc::clone(app),
        largest: open.largest.map_or(largest, |open| open.min(largest)),
        closed: open.closed,
    };
    told_in_headers(app, open.router).route_layer(from_fn_with_state(door, middleware::strangers))
}

/// What the routes of all dialects tell in headers.
fn told_in_headers(app: &AppState, routes: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    routes
        .route_layer(from_fn_with_state(Arc::clone(app), middleware::receipts))
        .route_layer(from_fn(middleware::picture_warnings))
        .route_layer(from_fn(middleware::revisions))
}

fn largest_body(config: &Config) -> usize {
    usize::try_from(config.server.max_body.as_u64()).unwrap_or(usize::MAX)
}

/// What every route has; the last layer is the outermost.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>, config: &Config) -> Router<S> {
    let max_body = largest_body(config);
    routes
        .layer(DefaultBodyLimit::max(max_body))
        .layer(from_fn_with_state(max_body, middleware::body_limit))
        .layer(from_fn_with_state(
            TimeLimits::new(config),
            middleware::timeout,
        ))
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn(middleware::json_errors))
        .layer(middleware::cors(&config.server.cors_origins))
        .layer(from_fn(middleware::page_headers))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(option_layer(hsts(config)))
        .layer(from_fn(middleware::observe))
}

/// Browsers that once came over TLS are to come over TLS for as long as the settings say (RFC 6797).
fn hsts(config: &Config) -> Option<SetResponseHeaderLayer<HeaderValue>> {
    let tls = &config.server.tls;
    if !tls.is_configured() || tls.hsts.is_zero() {
        return None;
    }
    let value = format!("max-age={}", tls.hsts.as_secs());
    // Digits are always a header's value.
    let value = HeaderValue::try_from(value).ok()?;
    Some(SetResponseHeaderLayer::overriding(
        header::STRICT_TRANSPORT_SECURITY,
        value,
    ))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request, routing::get};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_costs_its_own_request_and_says_nothing() {
        let broken = Router::new()
            .route(
                "/panic",
                get(async || -> &'static str { panic!("the secret is 4242") }),
            )
            .route("/fine", get(async || "fine"));
        let service = around(broken, &Config::defaults().unwrap());
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = service.clone().oneshot(request).await.unwrap();
            assert!(response.headers().contains_key(crate::server::REQUEST_ID));
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        };
        assert_eq!(
            ask("/panic").await,
            (
                500,
                r#"{"message":"internal_error","code":"ERROR"}"#.to_owned()
            )
        );
        assert_eq!(ask("/fine").await, (200, "fine".to_owned()));
    }
}
