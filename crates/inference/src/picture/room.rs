//! Whether there is memory for one more picture. An allocation that fails ends the whole process; asking first costs one request.
//!
//! This sees limits on address space (`ulimit -v`, a machine without overcommitment). Under a limit of a cgroup every allocation
//! succeeds and the kernel ends the process: there the machine must be sized (docs/OPERATIONS.md).

use std::{
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Less than this is not asked about.
const SMALL: usize = 16 << 20;

/// What all pictures that are being decoded may need, in bytes.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Memory for one picture, given back when dropped.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// Room for `bytes` beside what others have taken; `None` when there is none.
    pub(super) fn take(bytes: u64) -> Option<Self> {
        let bytes = usize::try_from(bytes).ok()?;
        let all = TAKEN
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes);
        let room = Self(bytes);
        if bytes > SMALL {
            let mut probe = Vec::<u8>::new();
            probe.try_reserve_exact(all).ok()?;
            // An allocation that nobody looks at would be optimised away.
            black_box(&probe);
        }
        Some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused_and_given_back() {
        assert!(Room::take(1 << 62).is_none());
        assert!(Room::take(u64::MAX).is_none());
        assert!(Room::take(32 << 20).is_some());
    }
}
