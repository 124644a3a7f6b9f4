//! One suite over both databases. The Postgres half needs `ROSTRO_TEST_POSTGRES_URL`, the address of a server and a user
//! that may create schemas; every test gets a fresh schema.

// Clippy's settings spare functions with `#[test]` only, not what they call.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used
)]

mod access;
mod accounts;
mod audit;
mod backup;
mod changes;
mod collections;
mod concurrency;
mod encryption;
mod enrolment;
mod erasure;
mod faces;
mod harness;
mod key_store;
mod listing;
mod members;
mod names;
mod outage;
mod persons;
mod proxy;
mod reembedding;
mod retention;
mod rolling;
mod rotation;
mod separation;
