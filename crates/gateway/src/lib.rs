//! HTTP: `routes/<dialect>` translates one dialect to and from the use cases of the crate `service`;
//! `server` assembles the routers and everything that is true of every route.

mod caller;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod routes;
pub mod server;
