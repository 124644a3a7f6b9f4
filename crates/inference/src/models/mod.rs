//! One ONNX model each: how it is fed and how its outputs are read.

mod confirm;
mod crop;
mod embedder;
mod eyes;
mod landmarks;
mod liveness;
mod pose;
mod session;
mod tensor;

pub(crate) use confirm::ConfirmModel;
pub(crate) use embedder::Embedder;
pub(crate) use eyes::EyeModel;
pub(crate) use landmarks::LandmarkModel;
pub(crate) use liveness::LivenessEnsemble;
pub(crate) use pose::PoseModel;
pub(crate) use session::{LoadContext, Model, inference};
pub(crate) use tensor::fill_planes;
