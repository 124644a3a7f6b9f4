//! Clients that mean harm, on raw sockets against a server process of its own. While each goes on a good client is served, and afterwards
//! nothing of it is left: no open file, and no memory beyond what any server keeps for the next request.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]
#![cfg(target_os = "linux")]

#[path = "../faults/client.rs"]
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
mod client;
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
#[path = "../faults/process.rs"]
mod process;

mod bodies;
mod connections;
mod heads;
mod rights;
mod siege;
mod wire;
