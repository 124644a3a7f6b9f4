//! The contract's minimal conformance table (its section 11), row by row, against a running server with real models, on both
//! databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../people/account.rs"]
mod account;
#[path = "../common/mod.rs"]
mod common;
#[allow(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../verifik/pictures.rs"]
mod pictures;

mod table;
