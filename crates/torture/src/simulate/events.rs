//! A simulation by events: requests come, wait for one of a node's cores, and go on to another node or are answered.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

use rand::{RngExt as _, rngs::StdRng};

/// How long a visit takes that takes `mean` on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spread {
    /// Exactly that: for the formulas that it is compared with.
    #[cfg(test)]
    None,
    /// An exponential distribution: for the same.
    #[cfg(test)]
    Exponential,
    /// A lognormal distribution with this deviation, as a part of the mean.
    Lognormal(f64),
}

/// When requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// So many a second at random times, whether answers come or not.
    Open(f64),
    /// From so many clients, each of which asks again when it is answered.
    Closed(usize),
}

/// What is simulated. Times are milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Nodes, numbered from 0.
    pub(super) nodes: usize,
    /// Cores of each.
    pub(super) cores: usize,
    /// Visits that may wait on a node.
    pub(super) queue: usize,
    /// Of the time of visits.
    pub(super) spread: Spread,
    /// When requests come.
    pub(super) source: Source,
    /// How many.
    pub(super) requests: usize,
}

/// The way of a request: visits of nodes, each with its mean time. At most two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Where it comes in.
    pub(super) first: (usize, f64),
    /// Where it is forwarded to.
    pub(super) then: Option<(usize, f64)>,
}

/// What became of all requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// How long the answered ones took, in order of length.
    pub(super) took: Vec<f64>,
    /// Those that found a queue full.
    pub(super) refused: usize,
    /// From the first request to the last answer.
    pub(super) lasted: f64,
    /// How long cores of each node were busy.
    pub(super) busy: Vec<f64>,
}

impl Outcome {
    /// The time that this part of the answered requests took at most.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let at = (part * self.took.len().saturating_sub(1) as f64).round() as usize;
        self.took.get(at).copied().unwrap_or_default()
    }

    #[cfg(test)]
    fn mean(&self) -> f64 {
        self.took.iter().sum::<f64>() / self.took.len().max(1) as f64
    }

    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.lasted.max(f64::MIN_POSITIVE) * 1e3
    }
}

#[derive(Debug, Clone, Copy)]
struct Visit {
    node: usize,
    mean: f64,
    then: Option<(usize, f64)>,
    came: f64,
}

#[derive(Debug)]
enum What {
    Comes,
    Arrives(Visit),
    Ends(Visit),
}

#[derive(Debug)]
struct Event {
    at: f64,
    /// Of two at one time the earlier made comes first.
    number: u64,
    what: What,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Event {}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Event {
    // The heap gives the greatest first: that is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.at.total_cmp(&self.at);
        by_time.then(other.number.cmp(&self.number))
    }
}

#[derive(Debug, Default, Clone)]
struct Node {
    working: usize,
    waiting: VecDeque<Visit>,
    busy: f64,
}

/// Runs it; `way` draws the way of a request.
pub(super) fn simulate(
    setting: &Setting,
    random: &mut StdRng,
    mut way: impl FnMut(&mut StdRng) -> Way,
) -> Outcome {
    let mut run = Run {
        setting,
        events: BinaryHeap::new(),
        number: 0,
        nodes: vec![Node::default(); setting.nodes],
    };
    let (mut left, mut now) = (setting.requests, 0.0);
    let (mut took, mut refused) = (Vec::with_capacity(left), 0);
    let begin = match setting.source {
        Source::Open(_) => 1,
        Source::Closed(clients) => clients,
    };
    for _ in 0..begin {
        run.push(0.0, What::Comes);
    }
    while let Some(event) = run.events.pop() {
        now = event.at;
        let over = match event.what {
            What::Comes if left == 0 => false,
            What::Comes => {
                left -= 1;
                if let Source::Open(rate) = setting.source {
                    run.push(now + exponential(random, 1e3 / rate), What::Comes);
                }
                let Way {
                    first: (node, mean),
                    then,
                } = way(random);
                let came = now;
                run.arrives(
                    now,
                    random,
                    Visit {
                        node,
                        mean,
                        then,
                        came,
                    },
                    &mut refused,
                )
            }
            What::Arrives(visit) => run.arrives(now, random, visit, &mut refused),
            What::Ends(visit) => {
                run.ends(now, random, visit.node);
                match visit.then {
                    Some((node, mean)) => {
                        let then = None;
                        let next = Visit {
                            node,
                            mean,
                            then,
                            ..visit
                        };
                        run.push(now, What::Arrives(next));
                        false
                    }
                    None => {
                        took.push(now - visit.came);
                        true
                    }
                }
            }
        };
        if over && matches!(setting.source, Source::Closed(_)) {
            run.push(now, What::Comes);
        }
    }
    took.sort_by(f64::total_cmp);
    Outcome {
        took,
        refused,
        lasted: now,
        busy: run.nodes.iter().map(|node| node.busy).collect(),
    }
}

struct Run<'a> {
    setting: &'a Setting,
    events: BinaryHeap<Event>,
    number: u64,
    nodes: Vec<Node>,
}

impl Run<'_> {
    fn push(&mut self, at: f64, what: What) {
        self.number += 1;
        let number = self.number;
        self.events.push(Event { at, number, what });
    }

    /// Whether the request is over: refused.
    fn arrives(
        &mut self,
        now: f64,
        random: &mut StdRng,
        visit: Visit,
        refused: &mut usize,
    ) -> bool {
        let Some(node) = self.nodes.get_mut(visit.node) else {
            return true;
        };
        if node.working < self.setting.cores {
            self.starts(now, random, visit);
            false
        } else if node.waiting.len() < self.setting.queue {
            node.waiting.push_back(visit);
            false
        } else {
            *refused += 1;
            true
        }
    }

    fn starts(&mut self, now: f64, random: &mut StdRng, visit: Visit) {
        let time = drawn(self.setting.spread, visit.mean, random);
        if let Some(node) = self.nodes.get_mut(visit.node) {
            node.working += 1;
            node.busy += time;
        }
        self.push(now + time, What::Ends(visit));
    }

    fn ends(&mut self, now: f64, random: &mut StdRng, node: usize) {
        let next = self.nodes.get_mut(node).and_then(|node| {
            node.working -= 1;
            node.waiting.pop_front()
        });
        if let Some(next) = next {
            self.starts(now, random, next);
        }
    }
}

fn drawn(spread: Spread, mean: f64, random: &mut StdRng) -> f64 {
    match spread {
        #[cfg(test)]
        Spread::None => mean,
        #[cfg(test)]
        Spread::Exponential => exponential(random, mean),
        Spread::Lognormal(deviation) => {
            let variance = (1.0 + deviation * deviation).ln();
            mean * (normal(random) * variance.sqrt() - variance / 2.0).exp()
        }
    }
}

fn exponential(random: &mut StdRng, mean: f64) -> f64 {
    -mean * (1.0 - random.random::<f64>()).ln()
}

/// Box and Muller's.
fn normal(random: &mut StdRng) -> f64 {
    let (one, other): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

#[cfg(test)]
mod tests;
