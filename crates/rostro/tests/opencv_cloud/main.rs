//! The dialect of opencv.fr, against a running server with real models, on both databases. Every answer to an account is held against
//! the dialect's OpenAPI document.
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

mod account;
mod answers;
mod bad_fields;
mod bad_pictures;
mod collections;
mod crowd;
mod dialects;
mod document;
mod fpir;
mod harness;
mod images;
mod keys;
mod lists;
mod live;
mod look_alikes;
mod members;
mod persons;
mod search;
