//! The dialect's routes and their OpenAPI document, from the same lines.

use store::LoginChannel;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    account::{clients, login, session},
    collections, compare, compare_live, compare_with_liveness, demo, detect,
    error::ErrorBody,
    face_validation, liveness, models,
    persons::{self, PersonCard},
    search, search_active_user, search_crops, search_live_face, verify,
};
use crate::routes::{OpenRoutes, SMALL_BODY, headers};
use service::{AppState, config::VerifikConfig};

#[derive(OpenApi)]
#[openapi(
    modifiers(&Bearer),
    // Errors are named by derived sets of responses, whose schemas are not collected.
    components(schemas(ErrorBody, PersonCard)),
    tags(
        (name = "Biometric operations", description = "Stateless: nothing of a picture is kept."),
        (name = "Collections", description = "Named sets of persons that a search can be confined to."),
        (name = "Persons", description = "Who is known, by one to three pictures."),
        (name = "Search", description = "Who is this, among the account's persons? Nothing of a picture is kept."),
        (name = "Models", description = "What scores mean, and on what terms the weights may be used."),
        (name = "Accounts", description = "The caller's account, its tokens, and login by one-time code."),
    )
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "`Bearer <token>`; also `JWT <token>`, `jwt <token>` and the bare token. One of this server, or, where the settings name \
                 one, of the company's own identity provider.",
            ))
            .build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What answers with the headers of searches.
const SEARCHES: [&str; 7] = [
    "/v2/face-recognition/detect",
    "/v2/face-recognition/search",
    "/v2/face-recognition/search/crops",
    "/v2/face-recognition/search-live-face",
    "/v2/face-recognition/search-active-user",
    "/v2/face-recognition/persons/project-type/{type}",
    "/v2/face-recognition/collections/project-type/{type}",
];

/// What answers with the header of look-alikes.
const ENROLMENTS: [&str; 2] = [
    "/v2/face-recognition/persons",
    "/v2/face-recognition/persons/search-live-face",
];

/// What works without a body too: the fields may stand in the query, or nothing is changed.
const WITHOUT_BODY: [&str; 5] = [
    "/v2/auth/session",
    "/v2/clients/me",
    "/v2/clients/{id}",
    "/v2/projects/email-login",
    "/v2/projects/phone-login",
];

/// Says in the document which routes work without a body.
pub(crate) fn document_optional_bodies(api: &mut openapi::OpenApi) {
    for path in WITHOUT_BODY {
        let Some(item) = api.paths.paths.get_mut(path) else {
            continue;
        };
        for operation in [&mut item.post, &mut item.put].into_iter().flatten() {
            if let Some(openapi::RefOr::T(body)) = &mut operation.request_body {
                body.required = Some(openapi::Required::False);
            }
        }
    }
}

/// The routes of this dialect for who shows a token.
pub fn router() -> OpenApiRouter<AppState> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(liveness::liveness))
        .routes(routes!(liveness::liveness_score))
        .routes(routes!(compare::compare))
        .routes(routes!(compare_live::compare_live))
        .routes(routes!(compare_with_liveness::compare_with_liveness))
        .routes(routes!(detect::detect))
        .routes(routes!(face_validation::face_validation))
        .merge(collections::router())
        .merge(persons::router())
        .routes(routes!(search::search))
        .routes(routes!(search_crops::search_crops))
        .routes(routes!(search_live_face::search_live_face))
        .routes(routes!(search_active_user::search_active_user))
        .routes(routes!(verify::verify))
        .routes(routes!(models::models))
        .routes(routes!(session::get_session, session::post_session))
        .routes(routes!(session::renew_and_revoke))
        .routes(routes!(clients::get_me, clients::put_me))
        .routes(routes!(clients::put_client));
    headers::document(router.get_openapi_mut(), &SEARCHES, &ENROLMENTS);
    router
}

/// Its routes for anybody, those that the settings ask for.
pub(crate) fn open_routes(settings: &VerifikConfig) -> Vec<OpenRoutes> {
    let by_mail = OpenApiRouter::new()
        .routes(routes!(login::email_login))
        .routes(routes!(login::confirm_email_login));
    let by_phone = OpenApiRouter::new()
        .routes(routes!(login::phone_login))
        .routes(routes!(login::confirm_phone_login));
    let mut all = vec![
        OpenRoutes {
            router: by_mail,
            largest: Some(SMALL_BODY),
            closed: |app| login::closed(app, LoginChannel::Email),
        },
        OpenRoutes {
            router: by_phone,
            largest: Some(SMALL_BODY),
            closed: |app| login::closed(app, LoginChannel::Phone),
        },
    ];
    if settings.demo_routes {
        let router = OpenApiRouter::new()
            .routes(routes!(demo::liveness_demo))
            .routes(routes!(demo::compare_demo))
            .routes(routes!(demo::detect_demo));
        all.push(OpenRoutes {
            router,
            // They take pictures.
            largest: None,
            closed: |_| None,
        });
    }
    all
}
