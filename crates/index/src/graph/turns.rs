//! One graph is built at a time in this process: builds take minutes of cores that requests need too.

use parking_lot::{Condvar, Mutex};
use std::time::Duration;

static TURNS: Turns = Turns {
    taken: Mutex::new(false),
    freed: Condvar::new(),
};

struct Turns {
    taken: Mutex<bool>,
    freed: Condvar,
}

/// The right to build, until dropped.
pub(super) struct Turn(());

/// Threads of one build: half of the processors, requests have the others.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// Waits for the turn; `None` when `stopped` says so first.
pub(super) fn wait(stopped: impl Fn() -> bool) -> Option<Turn> {
    let mut taken = TURNS.taken.lock();
    while *taken {
        if stopped() {
            return None;
        }
        TURNS.freed.wait_for(&mut taken, Duration::from_millis(100));
    }
    *taken = true;
    Some(Turn(()))
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TURNS.taken.lock() = false;
        TURNS.freed.notify_one();
    }
}
