//! Collections and persons of the Verifik dialect, against a running server with real models, on both databases.
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
mod audit;
mod collections;
mod concurrency;
mod encrypted;
mod enrolment;
mod lists;
mod live;
mod look_alikes;
mod persons;
mod project_type;
