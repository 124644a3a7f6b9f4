//! The on-premise dialect, against a running server with real models, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

#[path = "../common/mod.rs"]
mod common;
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../verifik/pictures.rs"]
mod pictures;

mod bulk;
mod collection;
mod compare;
mod dialects;
mod enrol;
mod extensions;
mod fpir;
mod group;
mod keys;
mod liveness;
mod look_alikes;
mod openapi;
mod portraits;
mod search;
