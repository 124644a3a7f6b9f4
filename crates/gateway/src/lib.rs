//! The Rostro server as a library, so that tests start it in-process. Code map and invariants: docs/ARCHITECTURE.md.
//!
//! Only this crate knows HTTP and JSON. `routes/<dialect>` translates one dialect to and from `service`, which holds the
//! use cases; `server` assembles the routers and everything that is true of every route.

pub mod auth;
pub mod commands;
pub mod config;
pub mod fetch;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hex;
pub mod limits;
mod master_key;
pub mod messages;
pub mod observe;
mod revisions;
pub mod routes;
pub mod server;
pub mod service;
pub mod state;
pub mod transfer;
mod warnings;

pub use config::Config;
pub use state::{App, AppState};
