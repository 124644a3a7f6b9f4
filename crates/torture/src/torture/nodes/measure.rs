//! What more gateways bring, and how soon one sees what another wrote.

mod lag;

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{CLIENTS, GATEWAYS, Plan, cluster::Cluster, cpu, scene};
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
    lag::measure(plan, &cluster, &scene, &ids)
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

fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let at = (part * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
