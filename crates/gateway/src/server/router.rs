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
    health, metrics, welcome,
    middleware::{self, InFlight, TimeLimits},
};
use crate::routes::{Dialect, Refusal, opencv_cloud, opencv_onpremise, verifik};
use service::{AppState, Config, observe::Metrics};

/// The whole server as a service; `tls`: the certificate in use, which the metrics tell the end of.
pub fn router(app: AppState, metrics: Metrics, tls: Option<Arc<Tls>>) -> Router {
    let config = &app.config;
    let (routes, parts) = dialects(config);
    let routes = routes.layer(from_fn_with_state(app.clone(), middleware::receipts));
    // What a load balancer or Prometheus asks must be answered when all places are taken.
    let routes = routes
        .layer(from_fn(middleware::picture_warnings))
        .layer(from_fn(middleware::revisions));
    let routes = routes.layer(from_fn_with_state(
        InFlight::new(config.server.max_in_flight),
        middleware::in_flight,
    ));
    let routes = routes.layer(from_fn_with_state(
        Arc::clone(&app.limits),
        middleware::guard,
    ));
    let mut operators = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(welcome::welcome))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz));
    if config.metrics.enabled {
        let scraped = OpenApiRouter::new().routes(routes!(metrics::prometheus));
        operators = operators.merge(scraped.layer(Extension(metrics::Sources { metrics, tls })));
    }
    let (operators, operators_api) = operators.split_for_parts();
    let mut routes = routes.merge(operators);
    if config.docs.enabled {
        routes = routes.merge(docs::pages(parts, operators_api));
    }
    let routes = routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    around(routes, config).with_state(app)
}

async fn not_found(uri: Uri) -> Response {
    Dialect::of(uri.path()).refuse(Refusal::NotFound)
}

async fn method_not_allowed(uri: Uri) -> Response {
    Dialect::of(uri.path()).refuse(Refusal::MethodNotAllowed)
}

/// The routes of the dialects that the settings ask for, and the part of each in the documentation.
fn dialects(config: &Config) -> (Router<AppState>, Vec<Part>) {
    let dialects: [(bool, docs::Name, OpenApiRouter<AppState>); 3] = [
        (
            config.verifik.enabled,
            docs::VERIFIK,
            verifik::router(&config.verifik),
        ),
        (
            config.opencv_onpremise.enabled,
            docs::OPENCV_ONPREMISE,
            opencv_onpremise::router(),
        ),
        (
            config.opencv_cloud.enabled,
            docs::OPENCV_CLOUD,
            opencv_cloud::router(),
        ),
    ];
    let (mut routes, mut parts) = (Router::new(), Vec::new());
    for (_, name, router) in dialects.into_iter().filter(|(enabled, ..)| *enabled) {
        let (these, mut api) = router.split_for_parts();
        middleware::document_warnings(&mut api);
        middleware::document_revisions(&mut api);
        routes = routes.merge(these);
        parts.push(Part { name, api });
    }
    (routes, parts)
}

/// What every route has; the last layer is the outermost.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>, config: &Config) -> Router<S> {
    let max_body = usize::try_from(config.server.max_body.as_u64()).unwrap_or(usize::MAX);
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
