//! How many requests at a time, and for how long.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::Semaphore;

use service::{Config, observe::rejected};

use crate::routes::{Dialect, Refusal, opencv_onpremise};

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
    let dialect = Dialect::of(request.uri().path());
    match places.0.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => {
            rejected("too_many_requests_in_flight");
            dialect.refuse(Refusal::Busy)
        }
    }
}

/// How long requests may take.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct TimeLimits {
    usual: Duration,
    bulk: Duration,
}

impl TimeLimits {
    /// Those of the settings.
    pub(in crate::server) fn new(config: &Config) -> Self {
        Self {
            usual: config.server.request_timeout,
            bulk: config.opencv_onpremise.bulk_timeout,
        }
    }

    fn of(self, request: &Request) -> Duration {
        if opencv_onpremise::is_bulk(request.method(), request.uri().path()) {
            self.bulk
        } else {
            self.usual
        }
    }
}

/// Answers 504 when a request takes longer than its limit, the reading of its body included.
pub(in crate::server) async fn timeout(
    State(limits): State<TimeLimits>,
    request: Request,
    next: Next,
) -> Response {
    let (dialect, limit) = (Dialect::of(request.uri().path()), limits.of(&request));
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| {
            rejected("timeout");
            dialect.refuse(Refusal::Timeout)
        })
}
