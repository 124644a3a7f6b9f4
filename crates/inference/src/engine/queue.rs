//! Who is next: of those who have jobs waiting, whoever has taken the least of the workers lately.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// On whose behalf a job runs. Jobs of one lane run in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Lane(pub u128);

impl Lane {
    /// That of everybody who is nobody in particular: with the limits of any other, but nothing is remembered for it.
    pub const STRANGERS: Self = Self(u128::MAX);

    /// Whether it is one caller's, for whom things are remembered.
    pub(crate) fn is_of_one(self) -> bool {
        self != Self::default() && self != Self::STRANGERS
    }
}

/// What a lane has taken of the workers counts half after this time.
const HALF_LIFE: Duration = Duration::from_secs(2);

/// By so much, in seconds, a lane must have taken less than another for its job to go before one that has begun.
const HEAD_START: f64 = 0.05;

/// A lane without jobs is forgotten when it has taken less than this, in seconds.
const NOTHING: f64 = 0.001;

/// Jobs that wait, at most so many.
pub(super) struct Queue<J> {
    /// Whoever was served longest ago comes first.
    lanes: Vec<Waiting<J>>,
    count: usize,
    limit: usize,
}

struct Waiting<J> {
    lane: Lane,
    jobs: VecDeque<J>,
    /// Seconds of workers, as they counted at `at`.
    taken: f64,
    at: Instant,
}

/// What became of a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed<J> {
    /// It waits.
    Waits,
    /// It waits in the place of this one, the last of the lane that has the most.
    InPlaceOf(J),
    /// There is no place for it.
    Refused(J),
}

impl<J> Waiting<J> {
    fn taken(&self, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.taken * (-since / HALF_LIFE.as_secs_f64()).exp2()
    }
}

impl<J> Queue<J> {
    /// For at most `limit` jobs.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            lanes: Vec::new(),
            count: 0,
            limit,
        }
    }

    /// Puts `job` last in its lane. In a full queue a lane with fewer jobs takes the place of one with more: who asks for little
    /// is not refused because somebody else asks for much.
    pub(super) fn push(&mut self, lane: Lane, job: J, now: Instant) -> Pushed<J> {
        let own = self.of(lane, now);
        let mut removed = None;
        if self.count >= self.limit {
            let most = self.lanes[own].jobs.len() + 1;
            let lanes = self.lanes.iter_mut().map(|waiting| &mut waiting.jobs);
            match lanes.max_by_key(|jobs| jobs.len()) {
                Some(jobs) if jobs.len() > most => removed = jobs.pop_back(),
                _ => return Pushed::Refused(job),
            }
            self.count -= 1;
        }
        self.lanes[own].jobs.push_back(job);
        self.count += 1;
        removed.map_or(Pushed::Waits, Pushed::InPlaceOf)
    }

    /// The next job: the oldest of the lane that has taken the least lately.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Lane, J)> {
        let next = self.next(now)?;
        self.pop_of(next)
    }

    /// The next job, if it is to go before one of `lane` that has begun: one of a lane that has taken clearly less lately.
    pub(super) fn pop_before(&mut self, lane: Lane, now: Instant) -> Option<(Lane, J)> {
        let next = self.next(now)?;
        let begun = self.lanes.iter().find(|waiting| waiting.lane == lane);
        let taken = begun.map_or(0.0, |begun| begun.taken(now));
        let before = &self.lanes[next];
        (before.lane != lane && before.taken(now) + HEAD_START < taken)
            .then(|| self.pop_of(next))
            .flatten()
    }

    /// Of the lanes with jobs, where the one is that has taken the least lately.
    fn next(&self, now: Instant) -> Option<usize> {
        let waiting = self.lanes.iter().enumerate();
        let (next, _) = waiting
            .filter(|(_, waiting)| !waiting.jobs.is_empty())
            .min_by(|(_, a), (_, b)| a.taken(now).total_cmp(&b.taken(now)))?;
        Some(next)
    }

    fn pop_of(&mut self, next: usize) -> Option<(Lane, J)> {
        // Among equals it is the others' turn now.
        let mut waiting = self.lanes.remove(next);
        let job = waiting.jobs.pop_front();
        let lane = waiting.lane;
        self.lanes.push(waiting);
        self.count -= usize::from(job.is_some());
        job.map(|job| (lane, job))
    }

    /// Notes that a job of `lane` has taken a worker for this time.
    pub(super) fn took(&mut self, lane: Lane, time: Duration, now: Instant) {
        let own = self.of(lane, now);
        let waiting = &mut self.lanes[own];
        waiting.taken = waiting.taken(now) + time.as_secs_f64();
        waiting.at = now;
        self.lanes
            .retain(|waiting| !waiting.jobs.is_empty() || waiting.taken(now) > NOTHING);
    }

    /// Jobs that wait.
    pub(super) fn waiting(&self) -> usize {
        self.count
    }

    /// Where `lane` is.
    fn of(&mut self, lane: Lane, now: Instant) -> usize {
        let found = self.lanes.iter().position(|waiting| waiting.lane == lane);
        found.unwrap_or_else(|| {
            self.lanes.push(Waiting {
                lane,
                jobs: VecDeque::new(),
                taken: 0.0,
                at: now,
            });
            self.lanes.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: Lane = Lane(1);
    const TWO: Lane = Lane(2);

    fn filled(limit: usize, jobs: &[(Lane, i32)], now: Instant) -> Queue<i32> {
        let mut queue = Queue::new(limit);
        for (lane, job) in jobs {
            assert_eq!(queue.push(*lane, *job, now), Pushed::Waits);
        }
        queue
    }

    fn order(queue: &mut Queue<i32>, now: Instant) -> Vec<i32> {
        std::iter::from_fn(|| queue.pop(now).map(|(_, job)| job)).collect()
    }

    #[test]
    fn equals_take_turns_and_keep_their_order() {
        let now = Instant::now();
        let jobs = [(ONE, 1), (ONE, 2), (ONE, 3), (TWO, 4), (TWO, 5)];
        let mut queue = filled(10, &jobs, now);
        assert_eq!(order(&mut queue, now), [1, 4, 2, 5, 3]);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn who_has_taken_less_goes_first_until_it_is_long_ago() {
        let now = Instant::now();
        let jobs = [(ONE, 1), (ONE, 2), (TWO, 3), (TWO, 4)];
        let mut queue = filled(10, &jobs, now);
        queue.took(ONE, Duration::from_secs(4), now);
        queue.took(TWO, Duration::from_secs(1), now);
        assert_eq!(order(&mut queue, now), [3, 4, 1, 2]);
        // By now the four seconds count as a half, and the second one has taken more.
        let later = now + 3 * HALF_LIFE;
        queue.took(TWO, Duration::from_secs(1), later);
        for (lane, job) in jobs {
            queue.push(lane, job, later);
        }
        assert_eq!(order(&mut queue, later), [1, 2, 3, 4]);
        queue.took(ONE, Duration::ZERO, later + 20 * HALF_LIFE);
        assert!(queue.lanes.is_empty(), "at rest, and forgotten");
    }

    #[test]
    fn a_full_queue_makes_room_for_who_has_less() {
        let now = Instant::now();
        let mut queue = filled(4, &[(ONE, 0), (ONE, 1), (ONE, 2), (ONE, 3)], now);
        assert_eq!(queue.push(ONE, 9, now), Pushed::Refused(9));
        assert_eq!(queue.push(TWO, 10, now), Pushed::InPlaceOf(3));
        assert_eq!(queue.push(TWO, 11, now), Pushed::InPlaceOf(2));
        // Now both have the same.
        assert_eq!(queue.push(TWO, 12, now), Pushed::Refused(12));
        assert_eq!(queue.push(ONE, 13, now), Pushed::Refused(13));
        assert_eq!(queue.waiting(), 4);
    }

    proptest! {
        #[test]
        fn every_job_comes_out_once(pushes in prop::collection::vec((0..4_u128, any::<bool>(), 0..50_u64), 0..200), limit in 1..12_usize) {
            let mut queue = Queue::new(limit);
            let (mut out, now) = (Vec::new(), Instant::now());
            for (number, (lane, take, millis)) in pushes.iter().enumerate() {
                match queue.push(Lane(*lane), number, now) {
                    Pushed::Waits => {}
                    Pushed::InPlaceOf(job) | Pushed::Refused(job) => out.push(job),
                }
                prop_assert!(queue.waiting() <= limit);
                if let Some((lane, job)) = take.then(|| queue.pop(now)).flatten() {
                    queue.took(lane, Duration::from_millis(*millis), now);
                    out.push(job);
                }
            }
            out.extend(std::iter::from_fn(|| queue.pop(now).map(|(_, job)| job)));
            out.sort_unstable();
            prop_assert_eq!(out, (0..pushes.len()).collect::<Vec<_>>());
        }
    }
}
