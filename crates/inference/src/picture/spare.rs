//! The buffers of large pictures, used again.
//!
//! The system clears memory page by page when it is first touched: for the 36 MB of a photograph of 12 megapixels that takes nearly as long as
//! decoding it. So a worker's last buffers are kept for its next picture, for a few seconds.

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Bytes up to which the allocator keeps what it was given back.
const SMALL: usize = 8 << 20;

/// Larger ones are too rare to keep so much memory for them.
const LARGE: usize = 64 << 20;

/// How long one is kept that nobody uses.
const KEEP: Duration = Duration::from_secs(5);

/// As many as are kept: for each worker one for a picture and one for the same turned upright.
static MOST: LazyLock<usize> =
    LazyLock::new(|| 2 * thread::available_parallelism().map_or(1, usize::from));

static SPARE: Mutex<Vec<Spare>> = Mutex::new(Vec::new());

struct Spare {
    buffer: Vec<u8>,
    since: Instant,
}

/// A buffer of so many zeros.
pub(super) fn take(bytes: usize) -> Vec<u8> {
    let mut buffer = reused(&mut spare(), bytes).unwrap_or_default();
    if buffer.capacity() < bytes {
        return vec![0; bytes];
    }
    // Nothing of the picture that was in it may show where a decoder leaves a gap.
    buffer.clear();
    buffer.resize(bytes, 0);
    buffer
}

/// Takes back a buffer, which may have come from elsewhere.
pub(super) fn give(buffer: Vec<u8>) {
    if !(SMALL..=LARGE).contains(&buffer.capacity()) {
        return;
    }
    let since = Instant::now();
    let mut spare = spare();
    if spare.len() < *MOST {
        spare.push(Spare { buffer, since });
    }
}

/// Gives back to the system what nobody has used for a while.
pub(crate) fn forget() {
    let now = Instant::now();
    spare().retain(|one| now.duration_since(one.since) < KEEP);
}

/// The smallest one that is large enough.
fn reused(spare: &mut Vec<Spare>, bytes: usize) -> Option<Vec<u8>> {
    if bytes < SMALL {
        return None;
    }
    let fits = spare.iter().enumerate();
    let fits = fits.filter(|(_, one)| one.buffer.capacity() >= bytes);
    let (place, _) = fits.min_by_key(|(_, one)| one.buffer.capacity())?;
    Some(spare.swap_remove(place).buffer)
}

fn spare() -> MutexGuard<'static, Vec<Spare>> {
    // Nothing that can panic runs under the lock.
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_comes_back_shows_nothing_of_what_was_in_it() {
        for bytes in [SMALL, SMALL + 5, 3 * SMALL, 10] {
            give(vec![7; 3 * SMALL]);
            let buffer = take(bytes);
            assert!(buffer.len() == bytes && buffer.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn the_smallest_that_fits_is_used() {
        let since = Instant::now();
        let of = |capacity| Spare {
            buffer: Vec::with_capacity(capacity),
            since,
        };
        let mut spare = vec![of(4 * SMALL), of(2 * SMALL), of(3 * SMALL)];
        let taken = reused(&mut spare, 2 * SMALL + 1).unwrap();
        assert_eq!((taken.capacity(), spare.len()), (3 * SMALL, 2));
        assert!(reused(&mut spare, 5 * SMALL).is_none());
        assert!(reused(&mut spare, SMALL - 1).is_none(), "the allocator's");
    }
}
