//! Bounds on request bodies.
//!
//! A client that still sends its body when the answer is there sees a reset connection instead of the answer. So what is left
//! of a body is read and dropped in the background, within bounds.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;

use service::observe::rejected;

use crate::routes::{Dialect, Refusal};

/// Bytes of an unread body that are read and dropped, as a multiple of the limit.
const DRAIN_FACTOR: u64 = 8;

/// Longest time for that.
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Refuses a body that says of itself that it is larger than `limit` bytes, and has every body read to its end. (A body that
/// does not say is cut off by axum's own limit.)
pub(in crate::server) async fn body_limit(
    State(limit): State<usize>,
    request: Request,
    next: Next,
) -> Response {
    // A client that waits for "100 Continue" has not sent its body yet, and needs not.
    let waits = request.headers().contains_key(header::EXPECT);
    let too_large = content_length(request.headers()).is_some_and(|length| length > limit as u64);
    let dialect = Dialect::of(request.uri().path());
    let request = request.map(|inner| {
        Body::new(Drained {
            inner,
            waits,
            left: DRAIN_FACTOR * limit as u64,
        })
    });
    if too_large {
        rejected("body_too_large");
        return dialect.refuse(Refusal::TooLarge);
    }
    next.run(request).await
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// A body whose rest is read and dropped when its reader loses interest.
struct Drained {
    inner: Body,
    /// The client has not begun to send, and does so only when somebody reads.
    waits: bool,
    left: u64,
}

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.waits = false;
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        if self.waits || self.inner.is_end_stream() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (mut body, mut left) = (std::mem::take(&mut self.inner), self.left);
        runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
            while let Some(Ok(frame)) = body.frame().await {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                left = match left.checked_sub(bytes) {
                    Some(left) => left,
                    None => return,
                };
            }
        }));
    }
}
