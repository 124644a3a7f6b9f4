//! The dialect's routes and their OpenAPI document, from the same lines.

use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    compare,
    error::{ErrorBody, InvalidBody},
};
use crate::{AppState, routes::opencv::ApiKeyScheme};

#[derive(OpenApi)]
#[openapi(
    modifiers(&ApiKeyScheme),
    // Errors are named by derived sets of responses, whose schemas are not collected.
    components(schemas(ErrorBody, InvalidBody)),
    tags((name = "opencv.fr", description = "The cloud dialect. Scores are on the scale of the Verifik dialect."))
)]
struct Document;

/// The routes of this dialect.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(compare::compare))
}

/// Whether the path is one of this dialect.
pub(crate) fn owns(path: &str) -> bool {
    let rest = path.strip_prefix("/opencv-fr");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
