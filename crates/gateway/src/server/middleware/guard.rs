//! The limits of addresses and accounts around a request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use service::{
    limits::{Limits, Ticket},
    observe::rejected,
    with_call,
};

use crate::routes::{Dialect, Refusal};

/// Refuses addresses that try too many tokens or keys, and gives every other request the ticket under which its caller is counted.
pub(in crate::server) async fn guard(
    State(limits): State<Arc<Limits>>,
    mut request: Request,
    next: Next,
) -> Response {
    let ticket = match Ticket::new(&limits, request.extensions(), request.headers()) {
        Ok(ticket) => ticket,
        Err(wait) => {
            rejected("too_many_failed_authentications");
            return Dialect::of(request.uri().path()).refuse(Refusal::TooManyRequests(wait));
        }
    };
    // The account's place is given back with the last of the two: when the answer is there, or the caller gone.
    request.extensions_mut().insert(ticket.clone());
    let response = with_call(next.run(request)).await;
    drop(ticket);
    response
}
