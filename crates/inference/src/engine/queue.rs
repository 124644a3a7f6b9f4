//! Who is next: each lane in turn, whoever has how many waiting.

use std::collections::VecDeque;

/// On whose behalf a job runs. Jobs of one lane run in their order; lanes take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lane(pub u128);

/// Jobs that wait, at most so many.
pub(super) struct Queue<J> {
    /// Only lanes with jobs; the first one's turn is next.
    lanes: VecDeque<(Lane, VecDeque<J>)>,
    waiting: usize,
    limit: usize,
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

impl<J> Queue<J> {
    /// For at most `limit` jobs.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            lanes: VecDeque::new(),
            waiting: 0,
            limit,
        }
    }

    /// Puts `job` last in its lane. In a full queue a lane with fewer jobs takes the place of one with more: who asks for little
    /// is not refused because somebody else asks for much.
    pub(super) fn push(&mut self, lane: Lane, job: J) -> Pushed<J> {
        let mut removed = None;
        if self.waiting >= self.limit {
            let own = self.jobs_of(lane).map_or(0, |jobs| jobs.len());
            let longest = self.lanes.iter_mut().map(|(_, jobs)| jobs);
            let longest = longest.max_by_key(|jobs| jobs.len());
            match longest.filter(|jobs| jobs.len() > own + 1) {
                Some(jobs) => removed = jobs.pop_back(),
                None => return Pushed::Refused(job),
            }
            self.waiting -= 1;
        }
        self.waiting += 1;
        match self.jobs_of(lane) {
            Some(jobs) => jobs.push_back(job),
            None => self.lanes.push_back((lane, VecDeque::from([job]))),
        }
        removed.map_or(Pushed::Waits, Pushed::InPlaceOf)
    }

    /// The next job: the oldest of the lane whose turn it is.
    pub(super) fn pop(&mut self) -> Option<J> {
        let (lane, mut jobs) = self.lanes.pop_front()?;
        let job = jobs.pop_front();
        if !jobs.is_empty() {
            self.lanes.push_back((lane, jobs));
        }
        self.waiting -= usize::from(job.is_some());
        job
    }

    /// Jobs that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    fn jobs_of(&mut self, lane: Lane) -> Option<&mut VecDeque<J>> {
        let found = self.lanes.iter_mut().find(|(other, _)| *other == lane);
        found.map(|(_, jobs)| jobs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: Lane = Lane(1);
    const TWO: Lane = Lane(2);

    #[test]
    fn lanes_take_turns_and_keep_their_order() {
        let mut queue = Queue::new(10);
        for (lane, job) in [(ONE, 1), (ONE, 2), (ONE, 3), (TWO, 4), (TWO, 5)] {
            assert_eq!(queue.push(lane, job), Pushed::Waits);
        }
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [1, 4, 2, 5, 3]);
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn a_full_queue_makes_room_for_who_has_less() {
        let mut queue = Queue::new(4);
        for job in 0..4 {
            assert_eq!(queue.push(ONE, job), Pushed::Waits);
        }
        assert_eq!(queue.push(ONE, 9), Pushed::Refused(9));
        assert_eq!(queue.push(TWO, 10), Pushed::InPlaceOf(3));
        assert_eq!(queue.push(TWO, 11), Pushed::InPlaceOf(2));
        // Now both have the same.
        assert_eq!(queue.push(TWO, 12), Pushed::Refused(12));
        assert_eq!(queue.push(ONE, 13), Pushed::Refused(13));
        assert_eq!(queue.waiting(), 4);
    }

    proptest! {
        #[test]
        fn every_job_comes_out_once(pushes in prop::collection::vec((0..4_u128, any::<bool>()), 0..200), limit in 1..12_usize) {
            let mut queue = Queue::new(limit);
            let mut out = Vec::new();
            for (number, (lane, take)) in pushes.iter().enumerate() {
                match queue.push(Lane(*lane), number) {
                    Pushed::Waits => {}
                    Pushed::InPlaceOf(job) | Pushed::Refused(job) => out.push(job),
                }
                prop_assert!(queue.waiting() <= limit);
                if *take {
                    out.extend(queue.pop());
                }
            }
            out.extend(std::iter::from_fn(|| queue.pop()));
            out.sort_unstable();
            prop_assert_eq!(out, (0..pushes.len()).collect::<Vec<_>>());
        }
    }
}
