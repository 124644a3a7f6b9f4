//! The server: everything that is true of every route, and the life of the process around them.

mod api;
mod docs;
mod health;
mod internal;
mod listen;
mod metrics;
mod middleware;
mod readiness;
mod reembedding;
mod router;
mod sealing;
mod start;
mod tls;
mod upkeep;

pub use middleware::REQUEST_ID;
pub use readiness::Readiness;
pub use reembedding::Reembedding;
pub use router::{Routes, router};
pub(crate) use start::start_engine;
pub use start::{Server, open_store};
pub use tls::{Tls, TlsError};
