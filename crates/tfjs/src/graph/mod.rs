//! Graph models: a topology of TensorFlow nodes, translated node by node.

mod conv;
mod convert;
mod elementwise;
mod shape;
#[cfg(test)]
mod tests;
mod topology;

pub use convert::{GraphOptions, convert};
