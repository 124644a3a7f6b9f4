//! How many graphs are built at once in this process: builds take minutes of a core that requests need too.

use parking_lot::{Condvar, Mutex};
use std::time::Duration;

static TURNS: Turns = Turns {
    taken: Mutex::new(0),
    freed: Condvar::new(),
};

struct Turns {
    taken: Mutex<usize>,
    freed: Condvar,
}

/// The right to build, until dropped.
pub(super) struct Turn(());

/// Waits for a turn (a quarter of the processors, at least one); `None` when `stopped` says so first.
pub(super) fn wait(stopped: impl Fn() -> bool) -> Option<Turn> {
    let most = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(4));
    let mut taken = TURNS.taken.lock();
    while *taken >= most {
        if stopped() {
            return None;
        }
        TURNS.freed.wait_for(&mut taken, Duration::from_millis(100));
    }
    *taken += 1;
    Some(Turn(()))
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TURNS.taken.lock() -= 1;
        TURNS.freed.notify_one();
    }
}
