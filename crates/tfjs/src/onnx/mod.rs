//! Writing ONNX files.

mod model;
mod wire;

pub(crate) use model::{Attribute, Dim, Model};
