//! TensorFlow.js models to ONNX, for set-up: no network, no files, bytes in and bytes out.
//!
//! Two kinds of models are read: graph models (`model.json` with a topology, see [`graph_to_onnx`]), and bare layer weights of
//! the networks in [`nets`], whose order of layers is in code. The result is the same on every machine, byte for byte, because its
//! SHA-256 is the model's identity.
//!
//! TensorFlow.js keeps pictures as `[N, H, W, C]`, ONNX as `[N, C, H, W]`: the converted model's inputs and outputs of four
//! dimensions are the latter.

mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod graph;
mod model;
pub mod nets;
mod tensor;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]
mod testing;
mod weights;

pub use error::Error;
pub use graph::{GraphOptions, convert as graph_to_onnx};
pub use weights::weight_files;
