//! The dialect's routes and their OpenAPI document, from the same lines.

use axum::routing::{MethodRouter, get};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    collections::{list as collection_lists, one as collection, people},
    compare, compare_live_face, detect,
    error::{ErrorBody, InvalidBody},
    head_count, liveness,
    persons::{bulk, create, images, list as person_lists, one as person},
    search, search_live_face, verify,
};
use crate::routes::{headers, opencv::ApiKeyScheme};
use service::AppState;

#[derive(OpenApi)]
#[openapi(
    modifiers(&ApiKeyScheme),
    // Errors are named by derived sets of responses, whose schemas are not collected.
    components(schemas(ErrorBody, InvalidBody)),
    tags((name = "opencv.fr", description = "The cloud dialect. Scores are on the scale of the Verifik dialect."))
)]
struct Document;

/// What answers with the headers of searches.
const SEARCHES: [&str; 4] = [
    "/opencv-fr/search",
    "/opencv-fr/search/crops",
    "/opencv-fr/search-live-face",
    "/opencv-fr/detect",
];

/// What answers with the header of look-alikes.
const ENROLMENTS: [&str; 2] = ["/opencv-fr/person", "/opencv-fr/person/crops"];

/// The routes of this dialect.
pub fn router() -> OpenApiRouter<AppState> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(liveness::liveness))
        .routes(routes!(compare::compare))
        .routes(routes!(compare_live_face::compare_live_face))
        .routes(routes!(collection_lists::list))
        .routes(routes!(collection_lists::of_ids))
        .routes(routes!(collection_lists::of_person))
        .routes(routes!(collection::create, collection::update))
        .routes(routes!(collection::retrieve, collection::delete))
        .routes(routes!(people::add_person))
        .routes(routes!(people::change_people))
        .routes(routes!(people::remove_person))
        .routes(routes!(create::create, person::update))
        .routes(routes!(create::create_from_crops))
        .routes(routes!(person::retrieve, person::delete))
        .routes(routes!(images::add, images::change))
        .routes(routes!(images::delete))
        .routes(routes!(person_lists::list, bulk::bulk))
        .routes(routes!(person_lists::of_collection))
        .routes(routes!(search::search))
        .routes(routes!(search::search_crops))
        .routes(routes!(search_live_face::search_live_face))
        .routes(routes!(detect::detect))
        .routes(routes!(verify::verify))
        .routes(routes!(head_count::head_count))
        // A person's id may be a word that another route has in its place.
        .route("/opencv-fr/person/crops", by_id())
        .route("/opencv-fr/person/images", by_id());
    headers::document(router.get_openapi_mut(), &SEARCHES, &ENROLMENTS);
    router
}

/// What a person is asked for by id.
fn by_id() -> MethodRouter<AppState> {
    get(person::retrieve).delete(person::delete)
}

/// Whether the path is one of this dialect.
pub(crate) fn owns(path: &str) -> bool {
    let rest = path.strip_prefix("/opencv-fr");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
