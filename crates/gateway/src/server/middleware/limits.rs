//! How long requests may take.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use service::{Config, observe::rejected};

use crate::routes::{Dialect, Refusal, opencv_onpremise};

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
