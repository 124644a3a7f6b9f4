//! The Verifik dialect: `/v2/...`, JSON, a JWT as bearer token.

mod account;
mod api;
mod body;
mod by_face;
mod caller;
mod collections;
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
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod ids;
mod liveness;
mod matches;
mod models;
mod path;
mod persons;
mod query;
mod search;
mod search_active_user;
mod search_crops;
mod search_live_face;
mod verify;

pub use api::router;
pub(crate) use api::{document_optional_bodies, open_routes};
