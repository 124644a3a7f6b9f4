//! The dialect of opencv.fr: JSON below `/opencv-fr`, a key in `x-api-key`, collections by code, persons by the caller's id.

mod answers;
mod api;
mod collections;
mod compare;
mod compare_live_face;
mod dates;
mod detect;
mod error;
mod extract;
mod failures;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod head_count;
mod kinds;
mod listing;
mod liveness;
mod path;
mod persons;
mod search;
mod search_live_face;
mod verify;

pub(crate) use api::owns;
pub use api::router;
pub(crate) use error::ApiError;
