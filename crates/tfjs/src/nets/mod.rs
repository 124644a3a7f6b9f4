//! Networks that ship as layer weights: their order of layers is known from the sources that ship with the weights
//! (`@vladmandic/face-api`), not from the files.

mod landmarks;
mod layers;
mod resnet;

pub use landmarks::landmarks_68;
pub use resnet::face_recognition;
