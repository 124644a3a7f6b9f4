//! What an operator sees: the log and the metrics. Neither ever holds a picture, a template, a token or a key.

pub mod log;
mod metrics;

pub use metrics::{Metrics, inference_observer, rejected};
pub(crate) use metrics::{audit_dropped, reembedded, started};
