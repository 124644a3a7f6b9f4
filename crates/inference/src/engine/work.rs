//! The job that a worker is at: whose it is, how much of the processor it has taken, and whether it is to go on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use super::{Lane, pool::Turn};
use crate::DecodeError;

/// Jobs that may stand still on one worker for others: each holds its picture meanwhile.
const MOST_WAITING: usize = 3;

/// A job in work.
#[derive(Default)]
pub(crate) struct Work {
    lane: Lane,
    /// Set when nobody waits for the result any more.
    gone: Option<Arc<AtomicBool>>,
    /// Processor time that it may still take.
    left: Option<Duration>,
    /// The thread's processor time when the job's was last counted.
    counted: Duration,
    /// Processor time that the queue was not told of yet.
    untold: Duration,
    /// Jobs that stand still on this worker for this one.
    waiting: usize,
    interrupted: bool,
    faces_left_out: usize,
    turn: Option<Turn>,
}

/// The processor time of this thread.
pub(super) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // Neither is negative.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}

impl Work {
    /// A place for the job that a worker takes next, which may let others go first by `turn`.
    pub(super) fn next(turn: Turn) -> Self {
        Self {
            counted: thread_time(),
            turn: Some(turn),
            ..Self::default()
        }
    }

    /// A place for one that goes before this one.
    pub(super) fn before(&self) -> Self {
        Self {
            counted: thread_time(),
            waiting: self.waiting + 1,
            turn: self.turn.clone(),
            ..Self::default()
        }
    }

    /// It begins.
    pub(super) fn begin(&mut self, lane: Lane, gone: Arc<AtomicBool>, time: Option<Duration>) {
        self.lane = lane;
        self.gone = Some(gone);
        self.left = time;
    }

    /// Who asks.
    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }

    /// Counts the processor time that was taken since it was counted last.
    fn count(&mut self) {
        let now = thread_time();
        let taken = now.saturating_sub(self.counted);
        self.counted = now;
        self.untold += taken;
        self.left = self.left.map(|left| left.saturating_sub(taken));
    }

    /// The time since then belongs to another job.
    pub(super) fn resume(&mut self) {
        self.counted = thread_time();
    }

    /// What the queue has to be told, once.
    pub(super) fn take_untold(&mut self) -> Duration {
        self.count();
        std::mem::take(&mut self.untold)
    }

    /// By what others go first, while not too many wait for that already.
    pub(crate) fn turn(&self) -> Option<Turn> {
        self.turn.clone().filter(|_| self.waiting < MOST_WAITING)
    }

    /// Whether it is to go on.
    ///
    /// # Errors
    /// [`DecodeError::Interrupted`] when its time is up, or nobody waits for it.
    pub(crate) fn go_on(&mut self) -> Result<(), DecodeError> {
        self.count();
        let gone = self.gone.as_ref();
        let over = gone.is_some_and(|gone| gone.load(Ordering::Relaxed))
            || self.left.is_some_and(|left| left.is_zero());
        self.interrupted |= over;
        match over {
            true => Err(DecodeError::Interrupted),
            false => Ok(()),
        }
    }

    /// Whether it was not to go on.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Takes note that so many faces of a picture were not looked at closer.
    pub(crate) fn leave_out(&mut self, faces: usize) {
        self.faces_left_out = self.faces_left_out.max(faces);
    }

    /// The most faces of a picture that were not looked at closer.
    pub(crate) fn faces_left_out(&self) -> usize {
        self.faces_left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(time: Duration) {
        let begun = thread_time();
        while thread_time() - begun < time {}
    }

    #[test]
    fn a_job_ends_with_its_time_and_not_with_that_of_others() {
        let mut work = Work {
            counted: thread_time(),
            ..Work::default()
        };
        let step = Duration::from_millis(20);
        work.begin(Lane(1), Arc::default(), Some(2 * step));
        spin(step);
        assert_eq!(work.go_on(), Ok(()));
        spin(3 * step);
        work.resume();
        assert_eq!(work.go_on(), Ok(()));
        std::thread::sleep(3 * step);
        assert_eq!(work.go_on(), Ok(()), "waiting is no work");
        spin(step);
        assert_eq!(work.go_on(), Err(DecodeError::Interrupted));
        assert!(work.was_interrupted() && work.take_untold() >= 2 * step);
    }

    #[test]
    fn a_job_that_nobody_waits_for_ends() {
        let (mut work, gone) = (Work::default(), Arc::new(AtomicBool::new(false)));
        work.begin(Lane(1), Arc::clone(&gone), None);
        assert_eq!(work.go_on(), Ok(()));
        gone.store(true, Ordering::Relaxed);
        assert_eq!(work.go_on(), Err(DecodeError::Interrupted));
    }
}
