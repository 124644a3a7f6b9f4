//! What nodes ask each other. No client's business: it is in no document, and nobody gets an answer who has not the nodes' secret.

use std::sync::Arc;

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
    routing::post,
};
use gallery::GalleryError;

use super::middleware::{self, InFlight};
use crate::nodes::{self, Answer, LARGEST, Nodes, PATH, Proof, Question, SCHEME, SEAL};
use service::{AppState, ServiceError, answer};

/// The route, with places of its own: nodes must answer each other when their clients take all others.
pub(super) fn router(places: InFlight) -> Router<AppState> {
    Router::new()
        .route(PATH, post(search))
        .layer(from_fn_with_state(places, middleware::in_flight))
}

async fn search(State(app): State<AppState>, request: Request) -> Response {
    let Some(nodes) = &app.nodes else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Nothing is read from strangers.
    let Some(proof) = proof(nodes, request.headers()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Ok(body) = to_bytes(request.into_body(), LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if !proof.is_of(&body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(question) = serde_json::from_slice::<Question>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match answer(&app, nodes, &Arc::new(question)).await {
        Ok(found) => sealed(nodes, &proof, &found),
        Err(error) => status(&error).into_response(),
    }
}

fn proof(nodes: &Nodes, headers: &HeaderMap) -> Option<Proof> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    nodes
        .keys()
        .proves(value.strip_prefix(SCHEME)?, nodes::now())
}

fn sealed(nodes: &Nodes, proof: &Proof, found: &Answer) -> Response {
    let Ok(body) = serde_json::to_vec(found) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        (SEAL, nodes.keys().seal(proof, &body)),
    ];
    (headers, body).into_response()
}

/// What the asking node tells apart.
fn status(error: &ServiceError) -> StatusCode {
    match error {
        ServiceError::Gallery(
            GalleryError::NotHeld | GalleryError::Loading | GalleryError::Stopped,
        ) => StatusCode::MISDIRECTED_REQUEST,
        ServiceError::Gallery(GalleryError::Behind) => StatusCode::TOO_EARLY,
        ServiceError::Gallery(GalleryError::WrongModel) => StatusCode::CONFLICT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
