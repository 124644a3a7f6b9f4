//! Pixels to faces: decode, detect, align, embed, liveness, quality.
//!
//! The entry point is [`Engine`]: a fixed pool of worker threads, each owning the ONNX Runtime sessions of one model
//! pack, fed by a bounded queue. A job is a closure over a [`Pipeline`], which holds the operations on pictures.
//! Nothing here knows HTTP, JSON, SQL, or whose face it is.

mod align;
mod calibration;
mod capture;
mod detect;
mod doctor;
mod effort;
mod embedding;
mod engine;
mod error;
mod face;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod geometry;
mod models;
mod picture;
mod pipeline;
mod portrait;
mod quality;
mod rates;
mod recent;
mod runtime;
mod score;
mod template;
#[cfg(test)]
mod tests;

pub use calibration::MatchScale;
pub use capture::{CaptureFault, CaptureLimits, Figure, Finding, LightLimits};
pub use effort::Effort;
pub use embedding::Embedding;
pub use engine::{Engine, EngineConfig, EngineInfo, Lane, ModelInfo, Observer, Provider, Stage};
pub use error::{DecodeError, EngineError, FaceError, StartError};
pub use face::{Face, FaceRules};
pub use geometry::{BoundingBox, Point};
pub use picture::{DecodedImage, ImageBytes, ImageLimits, PICTURE_ENDINGS};
pub use pipeline::{AlignedPictures, Liveness, Pipeline};
pub use portrait::Portrait;
pub use quality::Quality;
pub use score::Score;
pub use template::{Weighting, combine};
