//! The OpenAPI document against the running server: every operation is called, answers as documented with success and with
//! errors, and no route is left out of the document.
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
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../accounts/sinks.rs"]
mod sinks;

mod account;
mod api;
mod collections;
mod document;
mod largest;
mod operations;
mod operators;
mod persons;
mod pictures_in;
mod routes;
