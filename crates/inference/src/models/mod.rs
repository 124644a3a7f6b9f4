//! One ONNX model each: how it is fed and how its outputs are read.

mod embedder;
mod eyes;
mod liveness;
mod session;
mod tensor;

pub(crate) use embedder::Embedder;
pub(crate) use eyes::EyeModel;
pub(crate) use liveness::LivenessEnsemble;
pub(crate) use session::{LoadContext, Model, inference};
pub(crate) use tensor::fill_planes;
