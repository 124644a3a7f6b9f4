//! ONNX files on the level of their bytes, which are protocol buffers (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).
//!
//! What is not looked at is kept as it is, byte for byte: no schema is needed, and nothing is lost that this crate does not know.

mod parts;
mod prelu;
mod read;
mod write;

pub use parts::{Attribute, FLOAT, INT64, node, tensor};
pub use prelu::without_prelu;
pub use write::Message;
