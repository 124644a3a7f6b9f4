//! One fault: clients at work on all gateways, the fault in the middle, judgement of every gateway.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    book::{Book, Sighting},
    cluster::Cluster,
    faults::{Fault, Strike},
    tally::{Count, Tally},
    watch::Watch,
    worker::Worker,
};
use crate::torture::{
    api::Api,
    client::{Client, Scene, letters},
    judge::judge,
    ledger::Ledger,
    rounds::dialect,
    seen::{Seen, look},
};

/// Persons of one client.
const MOST: usize = 13;
/// Longest wait for an answer of a gateway that something happens to.
const SHORT: Duration = Duration::from_secs(2);
/// And while Postgres is away, which happens to all.
const MEDIUM: Duration = Duration::from_secs(8);
/// And of one that nothing happens to: longer than its own limit.
const LONG: Duration = Duration::from_secs(40);
/// Longest time of a fault.
const HOLD: Duration = Duration::from_secs(10);
/// How often a load balancer asks whether a gateway is ready.
const PROBES: Duration = Duration::from_millis(200);
/// Between questions whether the user wants to stop.
const PAUSE: Duration = Duration::from_millis(20);

/// What all rounds have in common.
pub(super) struct Stage<'a> {
    /// The gateways.
    pub(super) cluster: &'a mut Cluster,
    /// Pictures and collections.
    pub(super) scene: &'a Scene,
    /// How long clients work.
    pub(super) time: Duration,
    /// Whether the user wants to stop.
    pub(super) interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// How a round went.
#[derive(Debug)]
pub(in crate::torture) struct Told {
    /// What happened.
    pub(in crate::torture) fault: Fault,
    /// How long until all was well again.
    pub(in crate::torture) strike: Strike,
    /// Writes that were acknowledged.
    pub(in crate::torture) acknowledged: usize,
    /// Writes that were not answered, or told to come later.
    pub(in crate::torture) in_doubt: usize,
    /// Searches that were answered, each checked.
    pub(in crate::torture) searches: usize,
    /// What they were tested by: persons that one had to find, deleted ones that it must not.
    pub(in crate::torture) owed: (usize, usize),
    /// By gateway, outside of the fault and during it.
    pub(super) counts: Vec<[Count; 2]>,
    /// Persons that every gateway showed in the end.
    pub(super) persons: usize,
    /// All that must not be.
    pub(in crate::torture) faults: Vec<String>,
}

impl Stage<'_> {
    /// Plays a round with the persons that `ledgers` know, which all gateways see at revision `known`; also the revision in the end.
    ///
    /// # Errors
    /// When gateways cannot be asked or do not get well.
    pub(super) fn play(
        &mut self,
        fault: Fault,
        ledgers: &mut [Ledger],
        random: &mut StdRng,
        known: i64,
    ) -> Result<(Told, i64)> {
        let watch = self.cluster.watch()?;
        let affected = fault.affected(watch.len());
        let tally = Tally::new(watch.len(), &affected);
        let book = Book::default();
        for enrolment in ledgers.iter().flat_map(|one| one.living.values()) {
            book.known(enrolment, known);
        }
        let apis = self.cluster.apis(|at| match affected.contains(&at) {
            true if affected.len() > 1 => MEDIUM,
            true => SHORT,
            false => LONG,
        })?;
        let (mut strike, sightings) =
            self.work(fault, ledgers, random, &watch, &tally, &book, &apis)?;
        self.cluster.all_alive()?;
        let revision = watch.settled(tally.newest())?;

        let mut faults = book.wrong(&sightings);
        let sum = |count: fn(&Ledger) -> usize| ledgers.iter().map(count).sum::<usize>();
        let (acknowledged, in_doubt) = (sum(Ledger::acknowledged), sum(Ledger::in_doubt));
        faults.extend(ledgers.iter().flat_map(|one| one.refusals.clone()));
        let persons = self.judge(ledgers, &mut faults)?;
        let after = watch.settled(revision)?;
        ensure!(after == revision, "something was written by nobody");

        if let (Fault::StoppedWithLock, Some(after)) = (fault, tally.first_write()) {
            let _infallible = write!(
                strike.note,
                ", the others wrote again after {:.1} s",
                after.as_secs_f64()
            );
        }
        let (counts, complaints) = tally.told();
        faults.extend(complaints);
        let served = |node: usize| counts.get(node).is_some_and(|[_, during]| during.done > 0);
        // Who waits for the lock of one that stands still may have nothing else to do.
        if affected.len() == 1 && fault != Fault::StoppedWithLock {
            let deaf = (0..watch.len()).filter(|node| !affected.contains(node) && !served(*node));
            faults.extend(deaf.map(|node| format!("gateway {} served nobody meanwhile", node + 1)));
        }
        let told = Told {
            fault,
            strike,
            acknowledged,
            in_doubt,
            searches: sightings.len(),
            owed: book.owed(&sightings),
            counts,
            persons,
            faults,
        };
        Ok((told, revision))
    }

    /// The clients, and the fault in the middle.
    #[expect(clippy::too_many_arguments, reason = "all of it is of one round")]
    fn work(
        &mut self,
        fault: Fault,
        ledgers: &mut [Ledger],
        random: &mut StdRng,
        watch: &Watch,
        tally: &Tally,
        book: &Book,
        apis: &[Api],
    ) -> Result<(Strike, Vec<Sighting>)> {
        let round = letters(random.random_range(0..1_000_000));
        let stop = AtomicBool::new(false);
        let first = apis.first().cloned();
        thread::scope(|scope| {
            let mut workers = Vec::new();
            for ((at, ledger), api) in (0..).zip(&mut *ledgers).zip(first.iter().cycle()) {
                let client = Client {
                    api: api.clone(),
                    dialect: dialect(at),
                    scene: self.scene,
                    ledger,
                    random: StdRng::seed_from_u64(random.random()),
                    tolerant: false,
                    prefix: format!("Round {round} client {}", letters(at)),
                    most: MOST,
                };
                let worker = Worker {
                    client,
                    apis,
                    book,
                    tally,
                };
                let stop = &stop;
                workers.push(scope.spawn(move || worker.work(stop)));
            }
            if fault == Fault::Rolling {
                for at in 0..watch.len() {
                    let stop = &stop;
                    scope.spawn(move || balance(at, watch, tally, stop));
                }
            }
            let begun = Instant::now();
            let struck = self.wait(self.time / 3).and_then(|()| {
                let hold = self.hold();
                fault.strike(self.cluster, watch, tally, self.scene, hold)
            });
            // What works again is put to use, also after a long fault.
            let rest = (self.time / 5).max(self.time.saturating_sub(begun.elapsed()));
            let waited = struck.and_then(|strike| self.wait(rest).map(|()| strike));
            stop.store(true, Ordering::Relaxed);
            let mut sightings = Vec::new();
            for worker in workers {
                match worker.join() {
                    Ok(seen) => sightings.extend(seen),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok((waited?, sightings))
        })
    }

    fn hold(&self) -> Duration {
        HOLD.min(self.time / 3)
    }

    fn wait(&self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < time {
            ensure!(!(self.interrupted)(), "interrupted");
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Looks at all gateways, and settles what was in doubt; how many persons there are.
    fn judge(&self, ledgers: &mut [Ledger], faults: &mut Vec<String>) -> Result<usize> {
        let mut first: Option<Seen> = None;
        for (at, api) in self.cluster.apis(|_| LONG)?.iter().enumerate() {
            let seen = look(api, self.scene, ledgers)?;
            let judgement = judge(ledgers, &seen);
            let found = judgement
                .faults
                .iter()
                .map(|((fault, id), how)| format!("gateway {}: {fault:?}: {id}: {how}", at + 1));
            faults.extend(found);
            match &first {
                None => first = Some(seen),
                Some(other) if *other != seen => {
                    faults.push(format!(
                        "gateway {} answers otherwise than the first",
                        at + 1
                    ));
                }
                Some(_) => {}
            }
        }
        let seen = first.unwrap_or_default();
        let here = judge(ledgers, &seen).here;
        for ledger in ledgers {
            ledger.settle(&here);
        }
        Ok(seen.listed.len())
    }
}

/// Sends requests to the gateway only while it says that it is ready, as a load balancer does.
fn balance(at: usize, watch: &Watch, tally: &Tally, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tally.want(at, watch.ready(at).is_some());
        thread::sleep(PROBES);
    }
}
