//! Round after round: clients of all dialects at work, `kill -9` of the server or its database, restart, judgement.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    api::{Api, Credentials, Dialect},
    client::{Client, Scene, letters},
    judge::{Fault, Judgement, judge},
    ledger::Ledger,
    seen::look,
};
use crate::{postgres, report, server::Launcher, setup::Fetched};

const CLIENTS: u32 = 4;
/// Persons of one.
const MOST: usize = 20;
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
    /// Who is killed.
    pub(super) victim: Victim<'a>,
    /// Of all choices.
    pub(super) seed: u64,
    /// Whether the user wants to stop.
    pub(super) interrupted: &'a dyn Fn() -> bool,
}

/// Who is killed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Victim<'a> {
    /// The server, which is started again.
    Server,
    /// Its database, under it.
    Database(&'a postgres::Server),
}

/// What all rounds counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figures {
    /// Kills.
    pub(super) rounds: u32,
    /// Enrolments and deletions that were acknowledged.
    pub(super) acknowledged: usize,
    /// Those without an answer, or told to try again.
    pub(super) in_doubt: usize,
    /// Persons who were looked for in the end.
    pub(super) persons: usize,
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
pub(super) fn run(plan: &Plan<'_>, postgres: Option<&str>) -> Result<(Outcome, Figures)> {
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
    if matches!(outcome, Err(_) | Ok((Outcome::Faulty, _))) {
        report::line(format_args!(
            "  seed {}; data folder and log: {}",
            plan.seed,
            data.keep().display()
        ));
    }
    outcome
}

fn torture(plan: &Plan<'_>, launcher: &Launcher) -> Result<(Outcome, Figures)> {
    let credentials = Credentials {
        token: launcher.issue_token("torture")?,
        key: launcher.create_key("torture")?,
    };
    let mut figures = Figures::default();
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let mut server = launcher.spawn()?;
    let mut api = Api::new(&server.ready()?, &credentials)?;
    let scene = Scene {
        pictures: pictures(plan.pictures)?,
        collections: vec![
            api.create_collection("Staff")?,
            api.create_collection("Guests")?,
        ],
    };
    report::line(format_args!("  seed {}", plan.seed));
    for number in 0..plan.rounds {
        let time = plan.time.mul_f64(random.random_range(LEAST..=1.0));
        let seeds: Vec<u64> = ledgers.iter().map(|_| random.random()).collect();
        let again = random
            .random_bool(KILLED_AT_START)
            .then(|| random.random::<f64>());

        let mut round = Round {
            plan,
            api: &api,
            scene: &scene,
            number,
            seeds: &seeds,
        };
        let since;
        match plan.victim {
            Victim::Server => {
                let killed = || server.kill();
                if !round.work(&mut ledgers, time, killed)? {
                    return Ok((Outcome::Interrupted, figures));
                }
                since = Instant::now();
                if let Some(part) = again {
                    // The start takes about as long as the first one; wherever it is then, it must be able to start again.
                    let half_started = launcher.spawn()?;
                    thread::sleep(Duration::from_secs_f64(2.0 * part));
                    half_started.kill()?;
                }
                server = launcher.spawn()?;
                api = Api::new(&server.ready()?, &credentials)?;
            }
            Victim::Database(database) => {
                // Twice where the server would be.
                let times = 1 + u32::from(again.is_some());
                let crash = || (0..times).try_for_each(|_| database.crash());
                if !round.work(&mut ledgers, time, crash)? {
                    return Ok((Outcome::Interrupted, figures));
                }
                since = Instant::now();
                ensure!(server.is_alive()?, "the server ended with its database");
                api.wait()?;
            }
        }
        let restart = since.elapsed();

        let seen = look(&api, &scene, &ledgers)?;
        let judgement = judge(&ledgers, &seen);
        figures.rounds += 1;
        figures.acknowledged += ledgers.iter().map(Ledger::acknowledged).sum::<usize>();
        figures.in_doubt += ledgers.iter().map(Ledger::in_doubt).sum::<usize>();
        figures.persons = seen.listed.len();
        let sound = tell(number, &ledgers, &judgement, again.is_some(), time, restart);
        if !sound {
            return Ok((Outcome::Faulty, figures));
        }
        for ledger in &mut ledgers {
            ledger.settle(&judgement.here);
        }
    }
    Ok((Outcome::Sound, figures))
}

/// The clients of one round.
struct Round<'a> {
    plan: &'a Plan<'a>,
    api: &'a Api,
    scene: &'a Scene,
    number: u32,
    seeds: &'a [u64],
}

impl Round<'_> {
    /// Lets the clients work for `time`, then kills, and waits for them; whether it did so, and not the user stopped it.
    fn work(
        &mut self,
        ledgers: &mut [Ledger],
        time: Duration,
        kill: impl FnOnce() -> Result<()>,
    ) -> Result<bool> {
        let stop = AtomicBool::new(false);
        let tolerant = matches!(self.plan.victim, Victim::Database(_));
        thread::scope(|scope| {
            for (at, (ledger, seed)) in (0..).zip(ledgers.iter_mut().zip(self.seeds)) {
                let client = Client {
                    api: self.api.clone(),
                    dialect: dialect(at),
                    scene: self.scene,
                    ledger,
                    random: StdRng::seed_from_u64(*seed),
                    tolerant,
                    prefix: format!("Round {} client {}", letters(self.number), letters(at)),
                    most: MOST,
                };
                let stop = &stop;
                scope.spawn(move || client.work(stop));
            }
            let end = Instant::now() + time;
            let mut interrupted = false;
            while Instant::now() < end && !interrupted {
                thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
                interrupted = (self.plan.interrupted)();
            }
            let killed = kill();
            if tolerant {
                // What works again is put to use while the clients are still there.
                thread::sleep(time / 2);
            }
            stop.store(true, Ordering::Relaxed);
            killed.map(|()| !interrupted)
        })
    }
}

/// What the client of this number speaks: each dialect has one, and the first two.
pub(super) fn dialect(client: u32) -> Dialect {
    match client % 4 {
        1 => Dialect::OnPremise,
        2 => Dialect::Cloud,
        _ => Dialect::Verifik,
    }
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
        "  round {:2}: killed after {:.1} s{}, ready after {:.1} s; {} enrolments and {} deletions acknowledged, {} in doubt ({} of them there), {} persons, {} times told to wait; lost {}, ghosts {}, halves {}",
        round + 1,
        time.as_secs_f64(),
        if twice { " and at the start" } else { "" },
        restart.as_secs_f64(),
        sum(|one| one.enrolled),
        sum(|one| one.removed),
        sum(Ledger::in_doubt),
        judgement.doubtful,
        sum(|one| one.living.len()) + judgement.here.len(),
        sum(|one| one.put_off),
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
///
/// # Errors
/// When there are none, or they cannot be read.
pub(super) fn pictures(folder: &Path) -> Result<Vec<String>> {
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
