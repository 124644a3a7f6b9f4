//! What the clients of a round count together.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::torture::api::Answer;

/// What a request that writes nothing is called.
pub(super) const SEARCH: &str = "search";

/// Answers of one gateway.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::torture) struct Count {
    /// Successes.
    pub(super) done: usize,
    /// Told to come later.
    pub(super) put_off: usize,
    /// Without an answer in time, or cut off.
    pub(super) cut: usize,
    /// Without a connection.
    pub(super) unsent: usize,
    /// Longest wait for a success.
    pub(super) longest: Duration,
}

#[derive(Debug, Default)]
struct Counts {
    /// By gateway: before and after the fault, and during it.
    nodes: Vec<[Count; 2]>,
    complaints: Vec<String>,
    /// When the fault began.
    begun: Option<Instant>,
    /// How long after that a gateway that is well first wrote.
    first_write: Option<Duration>,
}

/// Shared by the clients and whoever makes the fault.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Mutex<Counts>,
    striking: AtomicBool,
    newest: AtomicI64,
    /// Which gateways the fault may cost answers.
    affected: Vec<bool>,
    /// Which gateways requests are sent to.
    wanted: Vec<AtomicBool>,
}

impl Tally {
    /// For so many gateways, of which the fault affects these.
    pub(super) fn new(nodes: usize, affected: &[usize]) -> Self {
        Self {
            counts: Mutex::new(Counts {
                nodes: vec![<[Count; 2]>::default(); nodes],
                ..Counts::default()
            }),
            striking: AtomicBool::new(false),
            newest: AtomicI64::new(0),
            affected: (0..nodes).map(|at| affected.contains(&at)).collect(),
            wanted: (0..nodes).map(|_| AtomicBool::new(true)).collect(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether answers of this gateway may fail to come.
    pub(super) fn is_affected(&self, node: usize) -> bool {
        self.affected.get(node).copied().unwrap_or_default()
    }

    /// The fault begins, or ends.
    pub(super) fn strike(&self, begins: bool) {
        self.striking.store(begins, Ordering::Relaxed);
        if begins {
            self.counts().begun = Some(Instant::now());
        }
    }

    /// Sends requests to a gateway from now on, or none.
    pub(super) fn want(&self, node: usize, wanted: bool) {
        if let Some(one) = self.wanted.get(node) {
            one.store(wanted, Ordering::Relaxed);
        }
    }

    /// The gateways that requests are sent to.
    pub(super) fn wanted(&self) -> Vec<usize> {
        let all = self.wanted.iter().enumerate();
        all.filter(|(_, one)| one.load(Ordering::Relaxed))
            .map(|(at, _)| at)
            .collect()
    }

    /// The newest revision that anybody was told.
    pub(super) fn newest(&self) -> i64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// How long after the beginning of the fault a gateway that is well first acknowledged a write.
    pub(super) fn first_write(&self) -> Option<Duration> {
        self.counts().first_write
    }

    /// Something that must not be.
    pub(super) fn complain(&self, what: String) {
        self.counts().complaints.push(what);
    }

    /// Counts an answer; one that must not be is complained of.
    pub(super) fn count(&self, node: usize, what: &str, answer: &Answer, took: Duration) {
        let during = usize::from(self.striking.load(Ordering::Relaxed));
        let mut counts = self.counts();
        let since = counts.begun.map(|begun| begun.elapsed());
        let is_write = what != SEARCH && matches!(answer, Answer::Done(..));
        if is_write && during == 1 && !self.is_affected(node) && counts.first_write.is_none() {
            counts.first_write = since;
        }
        let Some(count) = counts
            .nodes
            .get_mut(node)
            .and_then(|both| both.get_mut(during))
        else {
            return;
        };
        let failed = match answer {
            Answer::Done(_, revision) => {
                count.done += 1;
                count.longest = count.longest.max(took);
                self.newest
                    .fetch_max(revision.unwrap_or_default(), Ordering::Relaxed);
                None
            }
            Answer::Refused(refusal) if refusal.status == 503 => {
                count.put_off += 1;
                (!refusal.later || !self.is_affected(node)).then(|| format!("{refusal:?}"))
            }
            Answer::Refused(refusal) => Some(format!("{refusal:?}")),
            Answer::Cut => {
                count.cut += 1;
                (!self.is_affected(node)).then(|| "no answer".to_owned())
            }
            Answer::Unsent => {
                count.unsent += 1;
                (!self.is_affected(node)).then(|| "no connection".to_owned())
            }
        };
        if let Some(failed) = failed {
            counts.complaints.push(format!(
                "gateway {}, {what}, after {:.1} s: {failed}",
                node + 1,
                took.as_secs_f64()
            ));
        }
    }

    /// By gateway, outside of the fault and during it; and what must not be.
    pub(super) fn told(self) -> (Vec<[Count; 2]>, Vec<String>) {
        let counts = self
            .counts
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        (counts.nodes, counts.complaints)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::torture::api::Refusal;

    /// How many of these answers of the gateway `node` are complained of, where the fault is that of gateway 1.
    fn complaints(node: usize, answers: &[Answer]) -> usize {
        let tally = Tally::new(2, &[1]);
        for answer in answers {
            tally.count(node, SEARCH, answer, Duration::ZERO);
        }
        tally.told().1.len()
    }

    fn refused(status: u16, later: bool) -> Answer {
        Answer::Refused(Refusal {
            status,
            message: String::new(),
            later,
        })
    }

    #[test]
    fn who_is_affected_may_be_away_and_nobody_else() {
        let away = [Answer::Cut, Answer::Unsent, refused(503, true)];
        assert_eq!(complaints(1, &away), 0);
        assert_eq!(complaints(0, &away), away.len());
        // Nobody may forget to say when to come again, or say anything else.
        let wrong = [refused(503, false), refused(500, true), refused(404, false)];
        assert_eq!(complaints(1, &wrong), wrong.len());
        assert_eq!(complaints(0, &[Answer::Done(Value::Null, Some(1))]), 0);
    }

    #[test]
    fn answers_are_counted_by_gateway_and_by_whether_the_fault_is_there() {
        let tally = Tally::new(2, &[1]);
        let done = |revision| Answer::Done(Value::Null, Some(revision));
        tally.count(0, SEARCH, &done(7), Duration::from_secs(1));
        assert_eq!(tally.first_write(), None);
        tally.strike(true);
        tally.count(0, "enrolment", &done(5), Duration::from_secs(2));
        assert!(tally.first_write().is_some());
        tally.want(0, false);
        assert_eq!((tally.newest(), tally.wanted()), (7, vec![1]));
        let (counts, _) = tally.told();
        let count = |longest| Count {
            done: 1,
            longest: Duration::from_secs(longest),
            ..Count::default()
        };
        assert_eq!(counts, [[count(1), count(2)], Default::default()]);
    }
}
