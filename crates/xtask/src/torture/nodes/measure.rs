//! What more gateways bring, and how soon one sees what another wrote.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{CLIENTS, GATEWAYS, Plan, cluster::Cluster, cpu, scene, watch::Watch};
use crate::{
    report,
    torture::{
        api::{Answer, Api, Dialect, text},
        client::{Scene, letters},
        ledger::Enrolment,
    },
};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Persons among whom is searched.
const PERSONS: u32 = 60;
/// Writes a second when the lag is measured.
const RATE: u32 = 50;
/// Who writes them.
const WRITERS: u32 = 5;
/// Between questions how far a gateway is.
const PAUSE: Duration = Duration::from_millis(1);

/// What requests cost.
struct Load {
    /// Answered within the time.
    answered: usize,
    /// Each one's time, in order of length.
    took: Vec<Duration>,
    lasted: Duration,
    gateways: Duration,
    postgres: Duration,
}

/// Measures and prints.
///
/// # Errors
/// When gateways cannot be started, or do not answer.
pub(super) fn run(plan: &Plan<'_>) -> Result<()> {
    let mut cluster = Cluster::start(plan.program, plan.fetched, plan.register, 1)?;
    let first = cluster.nodes.first().context("there is no gateway")?;
    let scene = scene(&Api::new(&first.base, &cluster.credentials)?, plan.pictures)?;
    let ids = fill(&cluster.apis(|_| PATIENCE)?, &scene)?;
    report::line(
        "gateways | searches/s | p50 | p99 | CPU ms each: gateways, Postgres | enrolments/s | p50 | p99 | CPU ms each: gateways, Postgres",
    );
    for gateways in 1..=GATEWAYS {
        if gateways > 1 {
            cluster.add()?;
        }
        let apis = cluster.apis(|_| PATIENCE)?;
        let search = |api: &Api, turn: u32| find(api, &scene, turn);
        let searches = load(plan, &mut cluster, &apis, &search)?;
        let enrol = |api: &Api, turn: u32| {
            let name = format!("Load {} {}", letters(turn), letters(rand::random()));
            api.enrol(Dialect::Verifik, &person(name, turn, 1, &scene), &scene)
        };
        let enrolments = load(plan, &mut cluster, &apis, &enrol)?;
        report::line(format_args!(
            "{gateways} | {} | {}",
            searches.told(),
            enrolments.told()
        ));
    }
    lag(plan, &cluster, &scene, &ids)
}

/// Enrols those among whom is searched; their ids.
fn fill(apis: &[Api], scene: &Scene) -> Result<Vec<String>> {
    let api = apis.first().context("there is no gateway")?;
    (0..PERSONS)
        .map(|turn| {
            let person = person(format!("Known {}", letters(turn)), turn, 0, scene);
            match api.enrol(Dialect::Verifik, &person, scene) {
                Answer::Done(person, _) => text(&person, "_id"),
                other => anyhow::bail!("an enrolment: {other:?}"),
            }
        })
        .collect()
}

fn person(name: String, turn: u32, collection: usize, scene: &Scene) -> Enrolment {
    Enrolment {
        name,
        pictures: BTreeSet::from([turn as usize % scene.pictures.len()]),
        collections: BTreeSet::from([collection]),
    }
}

fn find(api: &Api, scene: &Scene, turn: u32) -> Answer {
    let at = turn as usize % scene.pictures.len();
    match (scene.pictures.get(at), scene.collections.first()) {
        (Some(picture), Some(collection)) => api.find(picture, &collection.code, 10, None),
        _ => Answer::Unsent,
    }
}

/// All clients ask, each one request after the other, of all gateways in turn.
fn load(
    plan: &Plan<'_>,
    cluster: &mut Cluster,
    apis: &[Api],
    ask: &(dyn Fn(&Api, u32) -> Answer + Sync),
) -> Result<Load> {
    let before = spent(cluster)?;
    let begun = Instant::now();
    let clients: Result<Vec<Vec<Duration>>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let mut took = Vec::new();
                    for (turn, api) in (0..).zip(apis.iter().cycle().skip(client)) {
                        if begun.elapsed() > plan.time {
                            break;
                        }
                        let asked = Instant::now();
                        let answer = ask(api, turn);
                        ensure!(matches!(answer, Answer::Done(..)), "{answer:?}");
                        took.push(asked.elapsed());
                    }
                    Ok(took)
                })
            })
            .collect();
        let joined = clients.into_iter().map(|client| match client.join() {
            Ok(took) => took,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    });
    let lasted = begun.elapsed();
    let after = spent(cluster)?;
    let mut took = clients?.concat();
    took.sort();
    Ok(Load {
        answered: took.len(),
        took,
        lasted,
        gateways: after.0.saturating_sub(before.0),
        postgres: after.1.saturating_sub(before.1),
    })
}

/// CPU time of all gateways, and of Postgres, so far.
fn spent(cluster: &mut Cluster) -> Result<(Duration, Duration)> {
    let mut gateways = Duration::ZERO;
    for node in &mut cluster.nodes {
        gateways += cpu::of(node.running()?.id())?;
    }
    Ok((gateways, cpu::with_children(cluster.postgres.pid()?)?))
}

impl Load {
    fn told(&self) -> String {
        let each = |time: Duration| milliseconds(time) / self.answered.max(1) as f64;
        format!(
            "{:.1} | {:.0} ms | {:.0} ms | {:.1}, {:.1}",
            self.answered as f64 / self.lasted.as_secs_f64(),
            milliseconds(quantile(&self.took, 0.5)),
            milliseconds(quantile(&self.took, 0.99)),
            each(self.gateways),
            each(self.postgres)
        )
    }
}

/// How soon the other gateways see what the first one wrote: persons put into one collection or two, in turns, at a steady rate.
fn lag(plan: &Plan<'_>, cluster: &Cluster, scene: &Scene, ids: &[String]) -> Result<()> {
    let (apis, watch) = (cluster.apis(|_| PATIENCE)?, cluster.watch()?);
    let writes_through = apis.first().context("there is no gateway")?;
    let stop = AtomicBool::new(false);
    let (writes, looks) = thread::scope(|scope| {
        let lookers: Vec<_> = (1..watch.len())
            .map(|node| {
                let (watch, stop) = (&watch, &stop);
                scope.spawn(move || follow(watch, node, stop))
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(plan, writes_through, scene, ids, writer)))
            .collect();
        let writes: Result<Vec<Vec<Write>>> = writers
            .into_iter()
            .map(|one| match one.join() {
                Ok(writes) => writes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect();
        let newest = writes.iter().flatten().flatten().map(|one| one.revision);
        let all_seen = watch.settled(newest.max().unwrap_or_default());
        stop.store(true, Ordering::Relaxed);
        let looks: Vec<Vec<(Instant, i64)>> = lookers
            .into_iter()
            .filter_map(|one| one.join().ok())
            .collect();
        all_seen?;
        Ok::<_, anyhow::Error>((writes?.concat(), looks))
    })?;
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    for looks in &looks {
        for write in &writes {
            let seen = looks.iter().find(|(_, seen)| *seen >= write.revision);
            let (seen, _) = seen.context("a gateway did not see a write")?;
            asked.push(seen.saturating_duration_since(write.asked));
            answered.push(seen.saturating_duration_since(write.answered));
        }
    }
    let mut took: Vec<_> = writes.iter().map(|one| one.answered - one.asked).collect();
    for times in [&mut asked, &mut answered, &mut took] {
        times.sort();
    }
    let both = |times: &[Duration]| {
        format!(
            "p50 {:.1} ms, p99 {:.1} ms",
            milliseconds(quantile(times, 0.5)),
            milliseconds(quantile(times, 0.99))
        )
    };
    report::line(format_args!(
        "lag: {} writes, {:.1} a second; answered after {}; seen by another gateway after the answer: {}; after the request: {}; {} looks",
        writes.len(),
        writes.len() as f64 / plan.time.as_secs_f64(),
        both(&took),
        both(&answered),
        both(&asked),
        looks.iter().map(Vec::len).sum::<usize>(),
    ));
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Write {
    asked: Instant,
    answered: Instant,
    revision: i64,
}

/// One of the writers: its persons alone, so that each write changes something.
fn write(
    plan: &Plan<'_>,
    api: &Api,
    scene: &Scene,
    ids: &[String],
    writer: u32,
) -> Result<Vec<Write>> {
    let every = Duration::from_secs(1) * WRITERS / RATE;
    let begun = Instant::now() + every * writer / WRITERS;
    let own: Vec<&String> = ids
        .iter()
        .skip(writer as usize)
        .step_by(WRITERS as usize)
        .collect();
    let mut writes = Vec::new();
    for turn in 0.. {
        let due = begun + every * turn;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if begun.elapsed() > plan.time {
            break;
        }
        let (lap, at) = (turn as usize / own.len(), turn as usize % own.len());
        let collections: Vec<_> = scene.collections.iter().take(2 - lap % 2).collect();
        let id = own.get(at).context("there is nobody")?;
        let asked = Instant::now();
        let Answer::Done(_, Some(revision)) = api.place(id, &collections) else {
            continue;
        };
        writes.push(Write {
            asked,
            answered: Instant::now(),
            revision,
        });
    }
    ensure!(!writes.is_empty(), "nothing was written");
    Ok(writes)
}

/// How far the gateway is, again and again.
fn follow(watch: &Watch, node: usize, stop: &AtomicBool) -> Vec<(Instant, i64)> {
    let mut looks = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if let Some(revision) = watch.ready(node) {
            looks.push((Instant::now(), revision));
        }
        thread::sleep(PAUSE);
    }
    looks
}

fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let at = (part * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
