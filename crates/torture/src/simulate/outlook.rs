//! What an installation of so many nodes does, before and after it loses one.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    events::{Outcome, Setting, Source, Spread, Way, simulate},
    inputs::Inputs,
    places::Collections,
};

/// A node is meant to be busy for at most this part of its time.
pub(super) const BUSY: f64 = 0.7;
/// No more nodes than this are thought of.
pub(super) const MOST: usize = 4096;

/// What is asked of which machines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    /// Searches a second, of the whole installation.
    pub(super) qps: f64,
    /// Of a node.
    pub(super) cores: usize,
    /// GiB of a node.
    pub(super) memory: f64,
    /// Requests to simulate.
    pub(super) requests: usize,
    /// Of all choices.
    pub(super) seed: u64,
}

/// An installation.
#[derive(Debug)]
pub(super) struct Outlook<'a> {
    inputs: &'a Inputs,
    demand: &'a Demand,
    collections: &'a Collections,
    /// Those that are there.
    living: Vec<usize>,
    holders: Vec<usize>,
    /// Faces on each node, of those that are gone none.
    pub(super) faces: Vec<f64>,
}

impl<'a> Outlook<'a> {
    /// Of so many nodes, one of which may be lost.
    pub(super) fn new(
        inputs: &'a Inputs,
        demand: &'a Demand,
        collections: &'a Collections,
        nodes: usize,
        lost: Option<usize>,
    ) -> Self {
        let holders = collections.holders(nodes, lost);
        Self {
            inputs,
            demand,
            collections,
            living: (0..nodes).filter(|node| Some(*node) != lost).collect(),
            faces: collections.faces_by_node(&holders, nodes),
            holders,
        }
    }

    /// GiB of the fullest node.
    pub(super) fn memory(&self) -> f64 {
        let most = self.faces.iter().copied().fold(0.0, f64::max);
        self.inputs.memory.node(most)
    }

    /// The fullest node.
    pub(super) fn fullest(&self) -> usize {
        let nodes = self.faces.iter().enumerate();
        nodes
            .max_by(|one, other| one.1.total_cmp(other.1))
            .map_or(0, |(node, _)| node)
    }

    /// Milliseconds of a core for a search on the node that holds the collection.
    fn search(&self, collection: usize) -> f64 {
        let faces = self.collections.faces.get(collection).copied();
        let request = &self.inputs.request;
        let index = self.inputs.index.search(faces.unwrap_or_default());
        request.gateway + request.inference + index
    }

    /// The part of its time that the busiest node is busy, by arithmetic: above 1 it cannot do what it is asked.
    pub(super) fn busiest(&self) -> f64 {
        let entries = 1.0 / self.living.len().max(1) as f64;
        // Every node is entered alike; what it does not hold it forwards.
        let mut work: Vec<f64> = vec![self.inputs.request.gateway * entries; self.faces.len()];
        for (collection, holder) in self.holders.iter().enumerate() {
            let share = self.collections.share(collection);
            if let Some(node) = work.get_mut(*holder) {
                *node += share * (self.search(collection) - self.inputs.request.gateway * entries);
            }
        }
        let most = work.into_iter().fold(0.0, f64::max);
        most * self.demand.qps / 1e3 / self.demand.cores as f64
    }

    /// The part of all requests whose collection `node` holds.
    pub(super) fn share(&self, node: usize) -> f64 {
        let held = self.holders.iter().enumerate();
        held.filter(|(_, holder)| **holder == node)
            .map(|(collection, _)| self.collections.share(collection))
            .sum()
    }

    /// Lets requests come.
    pub(super) fn simulate(&self) -> Outcome {
        let Demand {
            qps,
            cores,
            requests,
            seed,
            ..
        } = *self.demand;
        let request = &self.inputs.request;
        let setting = Setting {
            nodes: self.faces.len(),
            cores,
            queue: request.queue + cores,
            spread: Spread::Lognormal(request.deviation),
            source: Source::Open(qps),
            requests,
        };
        let way = |random: &mut StdRng| {
            let collection = self.collections.drawn(random);
            let entry = random.random_range(0..self.living.len().max(1));
            let entry = self.living.get(entry).copied().unwrap_or_default();
            let holder = self.holders.get(collection).copied().unwrap_or_default();
            let work = (holder, self.search(collection));
            match holder == entry {
                true => Way {
                    first: work,
                    then: None,
                },
                false => Way {
                    first: (entry, request.gateway),
                    then: Some(work),
                },
            }
        };
        simulate(&setting, &mut StdRng::seed_from_u64(seed), way)
    }
}

/// The fewest nodes of which one may be lost and no node is over its memory, or busy for more than [`BUSY`] of its time: for memory, and for
/// work. `None`: no number will do, as a collection is on one node.
pub(super) fn needed(
    inputs: &Inputs,
    demand: &Demand,
    collections: &Collections,
) -> (Option<usize>, Option<usize>) {
    let fewest = |enough: &dyn Fn(&Outlook<'_>) -> bool| {
        (2..=MOST).find(|&nodes| {
            let whole = Outlook::new(inputs, demand, collections, nodes, None);
            // Cheap first: what is not enough before a loss is not enough after it.
            enough(&whole) && {
                let lost = Some(whole.fullest());
                enough(&Outlook::new(inputs, demand, collections, nodes, lost))
            }
        })
    };
    (
        fewest(&|outlook| outlook.memory() <= demand.memory),
        fewest(&|outlook| outlook.busiest() <= BUSY),
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a fault in a test's setting is a failed test"
    )]

    use super::*;

    const DEMAND: Demand = Demand {
        qps: 800.0,
        cores: 4,
        memory: 16.0,
        requests: 20_000,
        seed: 11,
    };

    fn collections() -> Collections {
        Collections::new(2000, 1e8, 0.0, 0.0, 11)
    }

    #[test]
    fn more_nodes_are_not_slower_and_not_fuller() {
        let (inputs, collections) = (Inputs::read().unwrap(), collections());
        let of = |nodes| Outlook::new(&inputs, &DEMAND, &collections, nodes, None);
        let mut before = (f64::MAX, f64::MAX, f64::MAX);
        for nodes in [4, 8, 16, 32] {
            let outlook = of(nodes);
            let p99 = outlook.simulate().quantile(0.99);
            let now = (outlook.memory(), outlook.busiest(), p99);
            assert!(
                now.0 < before.0 && now.1 < before.1 && now.2 <= before.2 * 1.02,
                "{nodes}: {now:?} after {before:?}"
            );
            before = now;
        }
    }

    #[test]
    fn what_is_simulated_agrees_with_the_arithmetic() {
        let (inputs, collections) = (Inputs::read().unwrap(), collections());
        let outlook = Outlook::new(&inputs, &DEMAND, &collections, 6, Some(2));
        let outcome = outlook.simulate();
        assert_eq!(outcome.took.len() + outcome.refused, DEMAND.requests);
        assert_eq!(outcome.busy[2], 0.0, "who is lost does nothing");
        let most = outcome.busy.iter().copied().fold(0.0, f64::max);
        let busiest = most / outcome.lasted / DEMAND.cores as f64;
        assert!((busiest / outlook.busiest() - 1.0).abs() < 0.1);
    }

    #[test]
    fn as_many_are_needed_as_bear_a_loss() {
        let (inputs, collections) = (Inputs::read().unwrap(), collections());
        let (memory, work) = needed(&inputs, &DEMAND, &collections);
        let nodes = memory.unwrap();
        let after = |nodes: usize| {
            let whole = Outlook::new(&inputs, &DEMAND, &collections, nodes, None);
            let lost = Some(whole.fullest());
            Outlook::new(&inputs, &DEMAND, &collections, nodes, lost).memory()
        };
        assert!(after(nodes) <= DEMAND.memory && after(nodes - 1) > DEMAND.memory);
        assert!(work.is_some());
        let tiny = Demand {
            memory: 0.1,
            ..DEMAND
        };
        assert_eq!(needed(&inputs, &tiny, &collections).0, None);
    }
}
