//! The headers with what could be better about the pictures of a request, and with how many faces were left out.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use utoipa::openapi::{
    Header, HeaderBuilder, HttpMethod, ObjectBuilder, OpenApi, RefOr, path::Operation, schema::Type,
};

use service::warnings;

/// The header.
pub(in crate::server) const WARNINGS: HeaderName = HeaderName::from_static("x-rostro-warnings");

/// The header of faces that were left out.
pub(in crate::server) const FACES_LEFT_OUT: HeaderName =
    HeaderName::from_static("x-rostro-faces-left-out");

/// Says in [`WARNINGS`] and [`FACES_LEFT_OUT`] what the services found in the pictures of a request.
pub(in crate::server) async fn picture_warnings(request: Request, next: Next) -> Response {
    let (mut response, told) = warnings::collect(next.run(request)).await;
    // Figures and our own words: always a header's value.
    if let Some(value) = told
        .warnings
        .and_then(|text| HeaderValue::try_from(text).ok())
    {
        response.headers_mut().insert(WARNINGS, value);
    }
    if let Some(faces) = told.faces_left_out {
        response.headers_mut().insert(FACES_LEFT_OUT, faces.into());
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

/// Others whose pictures may have more faces than are looked at.
const CROWDED: [(HttpMethod, &str); 12] = [
    (HttpMethod::Post, "/v2/face-recognition/compare"),
    (HttpMethod::Post, "/v2/face-recognition/detect"),
    (HttpMethod::Post, "/v2/face-recognition/face-validation"),
    (HttpMethod::Post, "/v2/face-recognition/search"),
    (HttpMethod::Post, "/v2/face-recognition/search/crops"),
    (HttpMethod::Post, "/v2/face-recognition/verify"),
    (HttpMethod::Put, "/persons"),
    (HttpMethod::Post, "/multi-face-search"),
    (HttpMethod::Post, "/opencv-fr/compare"),
    (HttpMethod::Post, "/opencv-fr/detect"),
    (HttpMethod::Post, "/opencv-fr/search"),
    (HttpMethod::Post, "/opencv-fr/verify"),
];

/// Puts [`WARNINGS`] and [`FACES_LEFT_OUT`] into the document of every operation that may answer with them.
pub(in crate::server) fn document_warnings(api: &mut OpenApi) {
    for (method, path) in WARNED.into_iter().chain(CROWDED) {
        if let Some(operation) = operation(api, &method, path) {
            for (status, response) in &mut operation.responses.responses {
                if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
                    let name = FACES_LEFT_OUT.as_str().to_owned();
                    response.headers.insert(name, RefOr::T(left_out()));
                }
            }
        }
    }
    for (method, path) in WARNED {
        let Some(operation) = operation(api, &method, path) else {
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

fn operation<'a>(
    api: &'a mut OpenApi,
    method: &HttpMethod,
    path: &str,
) -> Option<&'a mut Operation> {
    let item = api.paths.paths.get_mut(path)?;
    match method {
        HttpMethod::Put => item.put.as_mut(),
        HttpMethod::Patch => item.patch.as_mut(),
        _ => item.post.as_mut(),
    }
}

fn left_out() -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .description(Some(
            "Extension: how many faces of a picture were found and not looked at, because they were more than `images.max_faces`: the \
             smallest. Of several pictures the one with the most. Absent when there were none.",
        ))
        .build()
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
