//! Who gets further than the head of a request, and the reading of its body.
//!
//! Every route stands behind one of two doors. Behind the door of accounts nothing is read, and no place taken, before the head has shown
//! whose request it is. Behind the door of strangers everything is small: places, bodies and time.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::caller::{Knock, knock_with_key, knock_with_token};
use service::{
    App, AppState,
    limits::{BodyMemory, Holder, Ticket, Turned},
    observe::rejected,
};

use crate::routes::{Dialect, Refusal};

/// What is reserved at first for a body that does not tell its length, in bytes.
const FIRST_STEP: usize = 64 * 1024;

/// Longest time for the body of a stranger.
const STRANGERS_TIME: Duration = Duration::from_secs(5);

/// How the callers of a group of routes show who they are.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) enum Credential {
    /// By a token.
    Token,
    /// By an API key.
    ApiKey,
}

/// The door of accounts.
#[derive(Clone)]
pub(in crate::server) struct Accounts {
    pub(in crate::server) app: AppState,
    pub(in crate::server) credential: Credential,
    /// Largest body, in bytes.
    pub(in crate::server) largest: usize,
}

/// Lets in who is an account, with a body that is all here. A stranger's request goes on to its route without a body: the route says in its
/// own words what is missing.
pub(in crate::server) async fn accounts(
    State(door): State<Accounts>,
    request: Request,
    next: Next,
) -> Response {
    let dialect = Dialect::of(request.uri().path());
    let (mut parts, body) = request.into_parts();
    let knock = match door.credential {
        Credential::Token => knock_with_token(&door.app, &mut parts).await,
        Credential::ApiKey => knock_with_key(&door.app, &mut parts).await,
    };
    let client = match knock {
        Knock::Opened(client) => client,
        Knock::Full => {
            rejected("too_many_requests_in_flight");
            return dialect.refuse(Refusal::Busy);
        }
        Knock::Refused => {
            // Not read, but drained in the background.
            drop(body);
            let answer = next.run(Request::from_parts(parts, Body::empty())).await;
            let refused = answer.status().is_client_error() || answer.status().is_server_error();
            // A route that forgot to ask who calls gives nothing away.
            return match refused {
                true => answer,
                false => dialect.refuse(Refusal::Internal),
            };
        }
    };
    let memory = door.app.limits.bodies();
    let holder = Holder::Account(client);
    match read(memory, holder, body, door.largest).await {
        Ok(body) => next.run(Request::from_parts(parts, body)).await,
        Err(unread) => unread.refuse(dialect),
    }
}

/// The door of strangers.
#[derive(Clone)]
pub(in crate::server) struct Strangers {
    pub(in crate::server) app: AppState,
    /// Largest body, in bytes.
    pub(in crate::server) largest: usize,
    /// Answers at once where the settings leave the route nothing to do.
    pub(in crate::server) closed: fn(&App) -> Option<Response>,
}

/// Lets in anybody, one by one.
pub(in crate::server) async fn strangers(
    State(door): State<Strangers>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(closed) = (door.closed)(&door.app) {
        return closed;
    }
    let dialect = Dialect::of(request.uri().path());
    let (parts, body) = request.into_parts();
    match enter(&parts) {
        Ok(()) => {}
        Err(Turned::Full) => {
            rejected("too_many_strangers");
            return dialect.refuse(Refusal::Busy);
        }
        Err(Turned::Away(wait)) => {
            rejected("too_many_requests_of_a_stranger");
            return dialect.refuse(Refusal::TooManyRequests(wait));
        }
    }
    let memory = door.app.limits.bodies();
    let reading = read(memory, Holder::Strangers, body, door.largest);
    match tokio::time::timeout(STRANGERS_TIME, reading).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, body)).await,
        Ok(Err(unread)) => unread.refuse(dialect),
        Err(_) => Unread::TooSlow.refuse(dialect),
    }
}

fn enter(parts: &Parts) -> Result<(), Turned> {
    Ticket::of(&parts.extensions).map_or(Ok(()), Ticket::opened_to_strangers)
}

/// Why a body is not here.
enum Unread {
    TooLarge,
    NoMemory,
    TooSlow,
    BrokenOff,
}

impl Unread {
    fn refuse(self, dialect: Dialect) -> Response {
        let (name, refusal) = match self {
            Self::TooLarge => ("body_too_large", Refusal::TooLarge),
            Self::NoMemory => ("body_memory", Refusal::Busy),
            Self::TooSlow => (
                "body_too_slow",
                Refusal::BadRequest(StatusCode::REQUEST_TIMEOUT),
            ),
            Self::BrokenOff => (
                "body_broken_off",
                Refusal::BadRequest(StatusCode::BAD_REQUEST),
            ),
        };
        rejected(name);
        dialect.refuse(refusal)
    }
}

/// The whole of a body of at most `largest` bytes.
async fn read(
    memory: &Arc<BodyMemory>,
    holder: Holder,
    mut body: Body,
    largest: usize,
) -> Result<Body, Unread> {
    if body.is_end_stream() {
        return Ok(Body::empty());
    }
    let told = body.size_hint().exact();
    if told.is_some_and(|length| length > largest as u64) {
        return Err(Unread::TooLarge);
    }
    let mut reservation = memory.open(holder);
    let mut bytes = Vec::new();
    if let Some(length) = told {
        if !reservation.grow_to(length).await {
            return Err(Unread::NoMemory);
        }
        // Not above `largest`.
        bytes.reserve_exact(length as usize);
    }
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::BrokenOff)?.into_data() else {
            continue;
        };
        let length = bytes.len() + data.len();
        if length > largest {
            return Err(Unread::TooLarge);
        }
        if length as u64 > reservation.bytes() {
            let step = (2 * bytes.len()).max(FIRST_STEP).min(largest).max(length);
            if !reservation.grow_to(step as u64).await {
                return Err(Unread::NoMemory);
            }
            bytes.reserve_exact(step - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Body::from(reservation.hold(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunked(sizes: &[usize]) -> Body {
        let chunk = |size: &usize| Ok::<_, std::io::Error>(vec![b'a'; *size]);
        let chunks: Vec<_> = sizes.iter().map(chunk).collect();
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    #[tokio::test]
    async fn memory_is_held_until_the_last_part_of_a_body_is_gone() {
        let memory = BodyMemory::new(1 << 20);
        for body in [Body::from(vec![b'a'; 300_000]), chunked(&[100_000; 3])] {
            let body = read(&memory, Holder::Strangers, body, 400_000).await;
            let bytes = body.ok().unwrap().collect().await.unwrap().to_bytes();
            assert!(memory.free() <= (1 << 20) - 300_000);
            let part = bytes.slice(5..6);
            drop(bytes);
            assert!(memory.free() <= (1 << 20) - 300_000);
            drop(part);
            assert_eq!(memory.free(), 1 << 20);
        }
    }

    #[tokio::test]
    async fn what_is_too_large_or_finds_no_memory_is_not_kept() {
        let memory = BodyMemory::new(200_000);
        let largest = 400_000;
        for body in [Body::from(vec![b'a'; 400_001]), chunked(&[90_000; 5])] {
            let read = read(&memory, Holder::Strangers, body, largest).await;
            assert!(matches!(read, Err(Unread::TooLarge | Unread::NoMemory)));
        }
        let small = read(&memory, Holder::Strangers, chunked(&[5; 3]), 14).await;
        assert!(matches!(small, Err(Unread::TooLarge)));
        assert_eq!(memory.free(), 200_000);
    }
}
