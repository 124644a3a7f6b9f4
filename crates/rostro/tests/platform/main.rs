//! What is true of every route, against a running server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

mod answers;
mod apart;
mod audit;
mod auth;
mod callers;
#[path = "../common/mod.rs"]
mod common;
mod identity;
mod limits;
mod origins;
mod rotation;
mod tls;

/// A route that takes a token and a body.
const LIVENESS: &str = "/v2/face-recognition/liveness";
