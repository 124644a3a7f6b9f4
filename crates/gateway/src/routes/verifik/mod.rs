//! The Verifik dialect: `/v2/...`, JSON, a JWT as bearer token.

mod account;
mod api;
mod body;
mod caller;
mod compare;
mod compare_live;
mod compare_with_liveness;
mod demo;
mod detect;
mod document;
mod envelope;
pub mod error;
mod face_validation;
mod faces;
mod failures;
mod liveness;

pub use api::router;
