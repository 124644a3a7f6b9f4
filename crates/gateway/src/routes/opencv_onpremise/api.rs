//! The dialect's routes and their OpenAPI document, from the same lines.

use axum::http::Method;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{collection, compare, error::ErrorBody, extensions, face_search, person, persons};
use crate::routes::{headers, opencv::ApiKeyScheme};
use service::AppState;

/// Every path of this dialect.
const PATHS: [&str; 7] = [
    "/collection",
    "/collections",
    "/compare",
    "/face-search",
    "/multi-face-search",
    "/person",
    "/persons",
];

#[derive(OpenApi)]
#[openapi(
    modifiers(&ApiKeyScheme),
    // Errors are named by derived sets of responses, whose schemas are not collected.
    components(schemas(ErrorBody)),
    tags((
        name = "OpenCV FR Server",
        description = "The on-premise dialect. Scores are on its own scale: 0.70 is 0.81 of the other dialects, 0.67 is 0.75. \
                       Operations marked \"Extension\" are not in the original."
    ))
)]
struct Document;

/// The routes of this dialect.
pub fn router() -> OpenApiRouter<AppState> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(
            collection::create,
            collection::delete,
            extensions::collection
        ))
        .routes(routes!(extensions::collections))
        .routes(routes!(person::put, extensions::delete_person))
        .routes(routes!(persons::put, extensions::persons))
        .routes(routes!(face_search::one))
        .routes(routes!(face_search::many))
        .routes(routes!(compare::compare));
    let searches = ["/face-search", "/multi-face-search"];
    headers::document(router.get_openapi_mut(), &searches, &["/person"]);
    router
}

/// Whether the path is one of this dialect.
pub(crate) fn owns(path: &str) -> bool {
    PATHS.contains(&path)
}

/// Whether the request may take long: it brings many pictures.
pub(crate) fn is_bulk(method: &Method, path: &str) -> bool {
    *method == Method::PUT && path == "/persons"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_owned() {
        let (_, api) = router().split_for_parts();
        let documented: Vec<&str> = api.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(documented, PATHS);
    }
}
