//! The gallery on real databases with made-up templates. The Postgres half needs `ROSTRO_TEST_POSTGRES_URL`, the address of
//! a server and a user that may create schemas; every test gets a fresh schema;
//! and `ROSTRO_TEST_PGVECTOR_URL`, of one that has pgvector, those of searching there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stderr, reason = "a skipped test must say so")]

mod engines;
mod follow;
mod harness;
mod made_up;
mod rebuild;
mod search;
