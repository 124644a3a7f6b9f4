//! What an operator sees: the log and the metrics. Neither ever holds a picture, a template, a token or a key.

pub mod log;
mod metrics;

pub use metrics::{Handshake, audit_dropped, handshake, reembedded, started, timed, took};
pub use metrics::{Metrics, inference_observer, rejected};
