//! Whether this node wants new requests.

use std::sync::atomic::{AtomicBool, Ordering};

/// What `/readyz` says beyond the engine and the database.
#[derive(Debug, Default)]
pub struct Readiness {
    draining: AtomicBool,
}

impl Readiness {
    /// From now on this node asks not to be sent requests.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether it does.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
