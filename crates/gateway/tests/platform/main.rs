//! What is true of every route, against a running server.

mod answers;
mod audit;
mod auth;
mod callers;
#[path = "../common/mod.rs"]
mod common;
mod limits;
mod origins;

/// A route that takes a token and a body.
const LIVENESS: &str = "/v2/face-recognition/liveness";
