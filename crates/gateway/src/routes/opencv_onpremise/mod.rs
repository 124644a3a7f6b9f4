//! The dialect of OpenCV FR Server: JSON at the root, a key in `x-api-key`, collections by name, persons by the caller's id.

mod api;
mod collection;
mod compare;
mod error;
mod extensions;
mod extract;
mod face_search;
mod failures;
mod fields;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod object;
mod person;
mod persons;
mod scale;

pub use api::router;
pub(crate) use api::{is_bulk, owns};
pub(crate) use error::ApiError;
