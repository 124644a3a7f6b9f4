//! How many requests at a time, and for how long.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::sync::Semaphore;

use crate::{observe::rejected, routes::verifik::error::ApiError};

/// Places for requests in work.
#[derive(Clone)]
pub(in crate::server) struct InFlight(Arc<Semaphore>);

impl InFlight {
    /// This many places.
    pub(in crate::server) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

/// Answers 503 at once when all places are taken.
pub(in crate::server) async fn in_flight(
    State(places): State<InFlight>,
    request: Request,
    next: Next,
) -> Response {
    match places.0.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => {
            rejected("too_many_requests_in_flight");
            ApiError::unavailable("server_busy").into_response()
        }
    }
}

/// Answers 504 when a request takes longer than `limit`, the reading of its body included.
pub(in crate::server) async fn timeout(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| {
            rejected("timeout");
            ApiError::timeout().into_response()
        })
}
