//! Nodes that divide the search indexes among themselves: together they answer as one that holds all.
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
#[path = "../faults/client.rs"]
mod client;
mod cluster;
mod internal;
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../faults/process.rs"]
mod process;
mod same;
mod take_over;
