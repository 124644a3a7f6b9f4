//! From settings to a listening server, and the work beside its requests.

mod sealing;
mod start;
mod upkeep;

pub(crate) use start::start_engine;
pub use start::{Server, open_store};
