//! Round after round: clients at work, `kill -9`, restart, judgement.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    api::Api,
    client::{Client, Scene, letters},
    judge::{Fault, Judgement, judge},
    ledger::Ledger,
    seen::look,
};
use crate::{
    report,
    server::{Launcher, Running},
    setup::Fetched,
};

const CLIENTS: u32 = 4;
/// Clients work at least this part of a round's time.
const LEAST: f64 = 0.2;
/// How often the server is killed while it starts, too.
const KILLED_AT_START: f64 = 0.25;
/// Between questions whether the user wants to stop.
const PAUSE: Duration = Duration::from_millis(20);
/// A round shows at most so many faults.
const SHOWN: usize = 20;

/// What to do.
pub(super) struct Plan<'a> {
    /// The `rostro` program.
    pub(super) program: &'a Path,
    /// Models and runtime.
    pub(super) fetched: &'a Fetched,
    /// The folder of the pictures of people who do not exist.
    pub(super) pictures: &'a Path,
    /// How often to kill.
    pub(super) rounds: u32,
    /// The server is killed within this time.
    pub(super) time: Duration,
    /// Of all choices.
    pub(super) seed: u64,
    /// Whether the user wants to stop.
    pub(super) interrupted: &'a dyn Fn() -> bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All that was told was true.
    Sound,
    /// Something was lost, or came back.
    Faulty,
    /// The user stopped it.
    Interrupted,
}

/// Runs all rounds on a new SQLite database, or on the Postgres at this address; stops at the first faulty one.
///
/// # Errors
/// When the server cannot be started or asked, or ends by itself.
pub(super) fn run(plan: &Plan<'_>, postgres: Option<&str>) -> Result<Outcome> {
    let data = tempfile::Builder::new()
        .prefix("rostro-torture-")
        .tempdir()
        .context("no temporary folder can be made")?;
    let launcher = Launcher::new(
        plan.program.to_owned(),
        plan.fetched,
        data.path().to_owned(),
        postgres,
    );
    let outcome = torture(plan, &launcher);
    if matches!(outcome, Err(_) | Ok(Outcome::Faulty)) {
        report::line(format_args!(
            "  seed {}; data folder and log: {}",
            plan.seed,
            data.keep().display()
        ));
    }
    outcome
}

fn torture(plan: &Plan<'_>, launcher: &Launcher) -> Result<Outcome> {
    let token = launcher.issue_token("torture")?;
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let mut server = launcher.spawn()?;
    let mut api = Api::new(&server.ready()?, &token)?;
    let scene = Scene {
        pictures: pictures(plan.pictures)?,
        collections: vec![
            api.create_collection("Staff")?,
            api.create_collection("Guests")?,
        ],
    };
    report::line(format_args!("  seed {}", plan.seed));
    for round in 0..plan.rounds {
        let time = plan.time.mul_f64(random.random_range(LEAST..=1.0));
        let seeds: Vec<u64> = ledgers.iter().map(|_| random.random()).collect();
        let again = random
            .random_bool(KILLED_AT_START)
            .then(|| random.random::<f64>());

        let dead = work(
            plan,
            server,
            time,
            &api,
            &scene,
            &mut ledgers,
            round,
            &seeds,
        )?;
        if !dead {
            return Ok(Outcome::Interrupted);
        }
        let since = Instant::now();
        if let Some(part) = again {
            // The start takes about as long as the first one; wherever it is then, it must be able to start again.
            let half_started = launcher.spawn()?;
            thread::sleep(Duration::from_secs_f64(2.0 * part));
            half_started.kill()?;
        }
        server = launcher.spawn()?;
        api = Api::new(&server.ready()?, &token)?;
        let restart = since.elapsed();

        let seen = look(&api, &scene, &ledgers)?;
        let judgement = judge(&ledgers, &seen);
        let sound = tell(round, &ledgers, &judgement, again.is_some(), time, restart);
        if !sound {
            return Ok(Outcome::Faulty);
        }
        for ledger in &mut ledgers {
            ledger.settle(&judgement.here);
        }
    }
    Ok(Outcome::Sound)
}

/// Lets the clients work for `time`, then kills the server; whether it is dead, and not the user stopped it.
#[expect(clippy::too_many_arguments, reason = "the state of one round")]
fn work(
    plan: &Plan<'_>,
    server: Running,
    time: Duration,
    api: &Api,
    scene: &Scene,
    ledgers: &mut [Ledger],
    round: u32,
    seeds: &[u64],
) -> Result<bool> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for (at, (ledger, seed)) in (0..).zip(ledgers.iter_mut().zip(seeds)) {
            let client = Client {
                api: api.clone(),
                scene,
                ledger,
                random: StdRng::seed_from_u64(*seed),
                prefix: format!("Round {} client {}", letters(round), letters(at)),
            };
            let stop = &stop;
            scope.spawn(move || client.work(stop));
        }
        let end = Instant::now() + time;
        let mut interrupted = false;
        while Instant::now() < end && !interrupted {
            thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
            interrupted = (plan.interrupted)();
        }
        let killed = server.kill();
        stop.store(true, Ordering::Relaxed);
        killed.map(|()| !interrupted)
    })
}

/// Prints the round; whether it is without fault.
fn tell(
    round: u32,
    ledgers: &[Ledger],
    judgement: &Judgement,
    twice: bool,
    time: Duration,
    restart: Duration,
) -> bool {
    let sum = |count: fn(&Ledger) -> usize| ledgers.iter().map(count).sum::<usize>();
    report::line(format_args!(
        "  round {:2}: killed after {:.1} s{}, ready after {:.1} s; {} enrolments and {} deletions acknowledged, {} in doubt ({} of them there), {} persons; lost {}, ghosts {}, halves {}",
        round + 1,
        time.as_secs_f64(),
        if twice { " and at the start" } else { "" },
        restart.as_secs_f64(),
        sum(|one| one.enrolled),
        sum(|one| one.deleted.len()),
        sum(Ledger::in_doubt),
        judgement.here.len(),
        sum(|one| one.living.len()) + judgement.here.len(),
        judgement.count(Fault::Lost),
        judgement.count(Fault::Ghost),
        judgement.count(Fault::Half),
    ));
    for ((fault, id), how) in judgement.faults.iter().take(SHOWN) {
        report::line(format_args!("    {fault:?}: {id}: {how}"));
    }
    let refusals = || ledgers.iter().flat_map(|one| &one.refusals);
    for refusal in refusals().take(SHOWN) {
        report::line(format_args!("    refused: {refusal}"));
    }
    if sum(Ledger::acknowledged) == 0 {
        report::line(
            "    note: nothing was acknowledged in this round; give it more --seconds-per-round",
        );
    }
    judgement.faults.is_empty() && refusals().next().is_none()
}

/// The pictures in base64.
fn pictures(folder: &Path) -> Result<Vec<String>> {
    let mut paths: Vec<_> = folder
        .read_dir()
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("composite") && name.ends_with(".jpg"))
        })
        .collect();
    paths.sort();
    ensure!(
        !paths.is_empty(),
        "{} has no pictures composite*.jpg",
        folder.display()
    );
    paths
        .iter()
        .map(|path| {
            let bytes = std::fs::read(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            Ok(base64_simd::STANDARD.encode_to_string(bytes))
        })
        .collect()
}
