//! The server: everything that is true of every route, the listener among it.

mod api;
mod docs;
mod health;
mod listen;
mod metrics;
mod middleware;
mod router;
mod tls;
mod welcome;

pub use listen::serve;
pub use middleware::REQUEST_ID;
pub use router::{Routes, router};
pub use tls::{Tls, TlsError};
