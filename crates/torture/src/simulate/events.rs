//! A simulation by events: clients ask, wait for one of the cores, are answered, and ask again.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

use rand::{RngExt as _, rngs::StdRng};

/// What is simulated. Times are milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Of the machine, all in one line in order of coming.
    pub(super) cores: usize,
    /// Each of which asks again when it is answered.
    pub(super) clients: usize,
    /// How long a core works for a request, on average.
    pub(super) mean: f64,
    /// Deviation of that as a part of it: times are lognormal.
    pub(super) deviation: f64,
    /// How many requests.
    pub(super) requests: usize,
}

/// What became of all requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// How long each took, in order of length.
    pub(super) took: Vec<f64>,
    /// From the first request to the last answer.
    pub(super) lasted: f64,
}

impl Outcome {
    /// The time that this part of the requests took at most.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let at = (part * self.took.len().saturating_sub(1) as f64).round() as usize;
        self.took.get(at).copied().unwrap_or_default()
    }

    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.lasted.max(f64::MIN_POSITIVE) * 1e3
    }
}

/// The end of the work for a request.
#[derive(Debug)]
struct End {
    at: f64,
    /// Of two at one time the earlier made comes first.
    number: usize,
    came: f64,
}

impl PartialEq for End {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for End {}
impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for End {
    // The heap gives the greatest first: that is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.at.total_cmp(&self.at);
        by_time.then(other.number.cmp(&self.number))
    }
}

/// Runs it.
pub(super) fn simulate(setting: &Setting, random: &mut StdRng) -> Outcome {
    let first = setting.clients.min(setting.requests);
    let mut left = setting.requests - first;
    // When each request came that waits, in order of coming.
    let mut waiting: VecDeque<f64> = vec![0.0; first].into();
    let (mut ends, mut number, mut now) = (BinaryHeap::new(), 0, 0.0);
    let mut took = Vec::with_capacity(setting.requests);
    loop {
        while ends.len() < setting.cores {
            let Some(came) = waiting.pop_front() else {
                break;
            };
            number += 1;
            let at = now + lognormal(setting.mean, setting.deviation, random);
            ends.push(End { at, number, came });
        }
        let Some(end) = ends.pop() else {
            break;
        };
        now = end.at;
        took.push(now - end.came);
        if left > 0 {
            left -= 1;
            waiting.push_back(now);
        }
    }
    took.sort_by(f64::total_cmp);
    Outcome { took, lasted: now }
}

fn lognormal(mean: f64, deviation: f64, random: &mut StdRng) -> f64 {
    let variance = (1.0 + deviation * deviation).ln();
    mean * (normal(random) * variance.sqrt() - variance / 2.0).exp()
}

/// Box and Muller's.
fn normal(random: &mut StdRng) -> f64 {
    let (one, other): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

#[cfg(test)]
mod tests;
