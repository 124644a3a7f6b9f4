//! The dialect of opencv.fr: JSON below `/opencv-fr`, a key in `x-api-key`, collections by code, persons by the caller's id.

mod api;
mod compare;
mod error;
mod extract;
mod failures;

pub(crate) use api::owns;
pub use api::router;
pub(crate) use error::ApiError;
