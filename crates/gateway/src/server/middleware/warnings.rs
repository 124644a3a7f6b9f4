//! The header with what could be better about the pictures of a request.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use utoipa::openapi::{
    Header, HeaderBuilder, HttpMethod, ObjectBuilder, OpenApi, RefOr, schema::Type,
};

use service::warnings;

/// The header.
pub(in crate::server) const WARNINGS: HeaderName = HeaderName::from_static("x-rostro-warnings");

/// Says in [`WARNINGS`] what the services found in the pictures of a request.
pub(in crate::server) async fn picture_warnings(request: Request, next: Next) -> Response {
    let (mut response, told) = warnings::collect(next.run(request)).await;
    // Figures and our own words: always a header's value.
    if let Some(value) = told.and_then(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().insert(WARNINGS, value);
    }
    response
}

/// The operations whose pictures are looked at so closely, by path: those that enrol, and those that judge liveness.
const WARNED: [(HttpMethod, &str); 20] = [
    (HttpMethod::Post, "/v2/face-recognition/liveness"),
    (HttpMethod::Post, "/v2/face-recognition/liveness-score"),
    (HttpMethod::Post, "/v2/face-recognition/compare-live"),
    (
        HttpMethod::Post,
        "/v2/face-recognition/compare-with-liveness",
    ),
    (HttpMethod::Post, "/v2/face-recognition/search-live-face"),
    (HttpMethod::Post, "/v2/face-recognition/search-active-user"),
    (HttpMethod::Post, "/v2/face-recognition/persons"),
    (
        HttpMethod::Post,
        "/v2/face-recognition/persons/search-live-face",
    ),
    (HttpMethod::Put, "/v2/face-recognition/persons/{id}"),
    (HttpMethod::Put, "/person"),
    (HttpMethod::Post, "/compare"),
    (HttpMethod::Post, "/face-search"),
    (HttpMethod::Post, "/opencv-fr/liveness"),
    (HttpMethod::Post, "/opencv-fr/compare-live-face"),
    (HttpMethod::Post, "/opencv-fr/search-live-face"),
    (HttpMethod::Post, "/opencv-fr/person"),
    (HttpMethod::Patch, "/opencv-fr/person"),
    (HttpMethod::Post, "/opencv-fr/person/crops"),
    (HttpMethod::Post, "/opencv-fr/person/images"),
    (HttpMethod::Patch, "/opencv-fr/person/images"),
];

/// Puts [`WARNINGS`] into the document of every operation that may answer with it.
pub(in crate::server) fn document_warnings(api: &mut OpenApi) {
    for (method, path) in WARNED {
        let Some(item) = api.paths.paths.get_mut(path) else {
            continue;
        };
        let operation = match method {
            HttpMethod::Put => &mut item.put,
            HttpMethod::Patch => &mut item.patch,
            _ => &mut item.post,
        };
        let Some(operation) = operation else {
            continue;
        };
        for (status, response) in &mut operation.responses.responses {
            // Refusals for how a picture was taken say so too.
            let told = ["200", "201", "400", "409", "412", "422"].contains(&status.as_str());
            if let (true, RefOr::T(response)) = (told, response) {
                let name = WARNINGS.as_str().to_owned();
                response.headers.insert(name, RefOr::T(header()));
            }
        }
    }
}

fn header() -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(
            "Extension: what could be better about the pictures, or why one is refused, where there is something to say. A list of \
             structured fields (RFC 9651): the fault, the number of the picture where there are several, what was measured, what is \
             allowed, what to do.",
        ))
        .example(Some(serde_json::json!(
            "too_small;measured=31.20;limit=50.00;remedy=\"move closer: the pupils are 31 px apart, 50 needed\""
        )))
        .build()
}
