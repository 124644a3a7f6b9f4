//! What the chores of this repository stand on: where things lie, the server built, set-up called, a private Postgres. Whoever
//! tries this repository waits until it is built, so that it depends on next to nothing; `torture` uses it too.

pub mod fuzz;
pub mod interrupt;
pub mod long;
pub mod postgres;
pub mod report;
pub mod server;
pub mod setup;
pub mod sha256;
pub mod supply;
pub mod workspace;
