//! Calls from web pages of other origins.

use std::time::Duration;

use axum::http::{
    HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{
    RECEIPT, REQUEST_ID,
    revisions::{MIN_REVISION, REVISION},
    warnings::{FACES_LEFT_OUT, WARNINGS},
};
use crate::routes::headers;
use service::auth::API_KEY;

/// Pages may ask again whether they may call after this time at the latest.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Answers preflights on every route; pages of `origins` may call with a token and read the answer.
pub(in crate::server) fn cors(origins: &[String]) -> CorsLayer {
    let origins = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            REQUEST_ID,
            API_KEY,
            MIN_REVISION,
        ])
        .expose_headers(
            [
                REQUEST_ID,
                RETRY_AFTER,
                WARNINGS,
                FACES_LEFT_OUT,
                RECEIPT,
                REVISION,
            ]
            .into_iter()
            .chain(headers::ALL)
            .collect::<Vec<_>>(),
        )
        .max_age(MAX_AGE)
}
