//! `cargo xtask torture --nodes`: three gateways on one Postgres, clients that ask any of them, and one fault after the other. No gateway
//! may answer wrongly at any time, and in the end all must show what the clients were told.

mod book;
mod cluster;
mod cpu;
mod faults;
mod measure;
mod proxy;
mod round;
mod tally;
mod watch;
mod worker;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{api::Api, client::Scene, ledger::Ledger, rounds::pictures};
use crate::{
    report, server,
    setup::Fetched,
    workspace::{Workspace, absolute_path},
};
use cluster::Cluster;
pub(crate) use faults::Fault;
use round::Stage;
pub(super) use round::Told;

/// All gateways.
const GATEWAYS: usize = 3;
/// All clients.
const CLIENTS: usize = 6;
/// A round shows at most so many faults.
const SHOWN: usize = 20;

/// Which faults, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Three gateways on one private Postgres instead: faults of one, of Postgres, of the network, and a rolling restart
    #[arg(long)]
    pub(super) nodes: bool,
    /// With --nodes: how long clients work around each fault
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = super::seconds)]
    pub(super) seconds: f64,
    /// With --nodes: this fault alone (several times: these) [default: all]
    #[arg(long, value_enum, requires = "nodes")]
    fault: Vec<Fault>,
    /// With --nodes: no fault; throughput with 1, 2 and 3 gateways, and how soon one sees what another wrote
    #[arg(long, requires = "nodes")]
    measure: bool,
    /// With --nodes: this server program instead of a new build
    #[arg(long, value_name = "FILE", requires = "nodes")]
    program: Option<PathBuf>,
}

/// What to play.
pub(super) struct Plan<'a> {
    /// The `rostro` program.
    pub(super) program: &'a Path,
    /// Models and runtime.
    pub(super) fetched: &'a Fetched,
    /// The folder of the pictures of people who do not exist.
    pub(super) pictures: &'a Path,
    /// Remembers the private Postgres.
    pub(super) register: &'a Path,
    /// How long clients work around each fault.
    pub(super) time: Duration,
    /// Of all choices.
    pub(super) seed: u64,
    /// Whether the user wants to stop.
    pub(super) interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// Plays the faults of `args`, or measures; fails when something was wrong.
///
/// # Errors
/// What the build or starting the gateways fails with.
pub(super) fn run(
    workspace: &Workspace,
    args: &super::Args,
    fetched: &Fetched,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<ExitCode> {
    let told = all(workspace, args, fetched, interrupted)?;
    Ok(match told.iter().all(|one| one.faults.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// As [`run`]; what each fault led to.
///
/// # Errors
/// As [`run`].
pub(super) fn all(
    workspace: &Workspace,
    args: &super::Args,
    fetched: &Fetched,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Told>> {
    let program = match &args.nodes.program {
        Some(program) => absolute_path(program)?,
        None => server::build(workspace, args.release)?,
    };
    let plan = Plan {
        program: &program,
        fetched,
        pictures: &workspace.root.join("crates/rostro/tests/data"),
        register: &workspace.target()?,
        time: Duration::from_secs_f64(args.nodes.seconds),
        seed: args.seed.unwrap_or_else(rand::random),
        interrupted,
    };
    if args.nodes.measure {
        measure::run(&plan)?;
        return Ok(Vec::new());
    }
    let wanted = match args.nodes.fault.as_slice() {
        [] => &Fault::ALL,
        some => some,
    };
    play(&plan, wanted)
}

/// Plays these faults, up to the first that shows something wrong.
///
/// # Errors
/// When gateways cannot be started or asked, or do not get well.
pub(super) fn play(plan: &Plan<'_>, wanted: &[Fault]) -> Result<Vec<Told>> {
    report::line(format_args!(
        "{GATEWAYS} gateways on one Postgres, {CLIENTS} clients; seed {}",
        plan.seed
    ));
    let mut cluster = Cluster::start(plan.program, plan.fetched, plan.register, GATEWAYS)?;
    let told = rounds(plan, wanted, &mut cluster);
    if !matches!(&told, Ok(told) if told.iter().all(|one| one.faults.is_empty())) {
        report::line(format_args!("  logs: {}", cluster.keep().display()));
    }
    told
}

fn rounds(plan: &Plan<'_>, wanted: &[Fault], cluster: &mut Cluster) -> Result<Vec<Told>> {
    let first = cluster.nodes.first().context("there is no gateway")?;
    let scene = scene(&Api::new(&first.base, &cluster.credentials)?, plan.pictures)?;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|_| Ledger::default()).collect();
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut revision = 0;
    let mut all = Vec::new();
    for &fault in wanted {
        let mut stage = Stage {
            cluster: &mut *cluster,
            scene: &scene,
            time: plan.time,
            interrupted: plan.interrupted,
        };
        let (told, newest) = stage.play(fault, &mut ledgers, &mut random, revision)?;
        revision = newest;
        tell(&told);
        let sound = told.faults.is_empty();
        all.push(told);
        if !sound {
            break;
        }
    }
    Ok(all)
}

/// Two new collections, and the pictures.
fn scene(api: &Api, folder: &Path) -> Result<Scene> {
    Ok(Scene {
        pictures: pictures(folder)?,
        collections: vec![
            api.create_collection("Staff")?,
            api.create_collection("Guests")?,
        ],
    })
}

fn tell(told: &Told) {
    report::line(format_args!(
        "  {}{}{}: well again after {:.2} s; {} writes acknowledged, {} in doubt, {} searches ({} times somebody had to be in an answer, {} times not any more); {} persons on every gateway; {} faults",
        told.fault.words(),
        if told.strike.note.is_empty() {
            ""
        } else {
            ", "
        },
        told.strike.note,
        told.strike.recovery.as_secs_f64(),
        told.acknowledged,
        told.in_doubt,
        told.searches,
        told.owed.0,
        told.owed.1,
        told.persons,
        told.faults.len()
    ));
    for (node, [outside, during]) in (1..).zip(&told.counts) {
        report::line(format_args!(
            "    gateway {node}: meanwhile {} answered (longest {:.2} s), {} told to wait, {} without an answer, {} without a connection; otherwise {}, {}, {}, {}",
            during.done,
            during.longest.as_secs_f64(),
            during.put_off,
            during.cut,
            during.unsent,
            outside.done,
            outside.put_off,
            outside.cut,
            outside.unsent
        ));
    }
    for fault in told.faults.iter().take(SHOWN) {
        report::line(format_args!("    FAULT: {fault}"));
    }
}
