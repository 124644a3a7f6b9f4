//! `cargo xtask torture`: `kill -9` in a loop while clients of all dialects enrol and delete. Nothing that a client was told may be lost.
//! With `--hostile` clients that mean harm. With `--nodes` three gateways on one Postgres and what can happen to them. With `--all` every test of a promise besides, and the table of them.

mod all;
mod api;
mod client;
mod hostile;
mod judge;
mod ledger;
mod nodes;
mod promises;
mod rounds;
mod seen;
mod table;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;

use crate::{
    interrupt::Interrupt,
    postgres::{self, Schema},
    report, server, setup,
    workspace::Workspace,
};
use rounds::{Figures, Outcome, Plan, Victim};

/// How to torture.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// How often to kill the server, on each database, and Postgres under it
    #[arg(long, value_name = "N", default_value_t = 20)]
    rounds: u32,
    /// Which database
    #[arg(long, value_enum, default_value_t = Databases::Both)]
    database: Databases,
    /// Repeats the choices of an earlier run [default: chosen anew]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The server is killed at some moment of so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 4.0, value_parser = seconds)]
    seconds_per_round: f64,
    /// Test every promise of docs/SECURITY-TESTS.md, and write that file
    #[arg(long)]
    all: bool,
    /// With --all: how long to fuzz each target
    #[arg(long, value_name = "SECONDS", default_value_t = 20, requires = "all")]
    fuzz_seconds: u32,
    /// With --all: requests of schemathesis for each operation and phase
    #[arg(long, value_name = "N", default_value_t = 30, requires = "all")]
    examples: u32,
    /// Build the server with optimisation
    #[arg(long)]
    release: bool,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    #[command(flatten)]
    nodes: nodes::Args,
    #[command(flatten)]
    hostile: hostile::Args,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Databases {
    /// The embedded one
    Sqlite,
    /// The one at ROSTRO_TEST_POSTGRES_URL, else a private one; a private one in any case where Postgres itself is killed
    Postgres,
    /// One after the other
    Both,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.1..=600.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("it must be from 0.1 to 600".to_owned())
    }
}

/// Tortures; fails on any fault that was found.
///
/// # Errors
/// What set-up, the build or starting Postgres fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let interrupt = Interrupt::install()?;
    if args.all {
        return all::run(workspace, args, &interrupt);
    }
    if args.nodes.nodes {
        let fetched = set_up(workspace, args)?.1;
        return nodes::run(workspace, args, &fetched, &|| interrupt.happened());
    }
    if args.hostile.hostile {
        return hostile::run(workspace, args, &|| interrupt.happened());
    }
    let kills = kill(workspace, args, &interrupt)?;
    Ok(
        match kills.iter().all(|one| one.outcome == Outcome::Sound) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
    )
}

/// The server's program, and what it needs.
fn set_up(workspace: &Workspace, args: &Args) -> Result<(PathBuf, setup::Fetched)> {
    let program = server::build(workspace, args.release)?;
    let fetched = setup::fetch(workspace, &program, &wanted(args))?;
    Ok((program, fetched))
}

fn wanted(args: &Args) -> setup::Args {
    setup::Args {
        mirror: args.mirror.clone(),
        ..setup::Args::default()
    }
}

/// One series of kills.
#[derive(Debug)]
struct Kills {
    /// Who was killed, on what.
    name: &'static str,
    outcome: Outcome,
    figures: Figures,
}

/// Kills the server on each database, and Postgres under a server; up to the first fault.
fn kill(workspace: &Workspace, args: &Args, interrupt: &Interrupt) -> Result<Vec<Kills>> {
    let (program, fetched) = set_up(workspace, args)?;
    let seed = args.seed.unwrap_or_else(rand::random);
    let interrupted = || interrupt.happened();
    let pictures = workspace.root.join("crates/rostro/tests/data");
    let plan = |victim| Plan {
        program: &program,
        fetched: &fetched,
        pictures: &pictures,
        rounds: args.rounds,
        time: Duration::from_secs_f64(args.seconds_per_round),
        victim,
        seed,
        interrupted: &interrupted,
    };
    let mut all = Vec::new();
    let mut done = |name, (outcome, figures)| {
        if outcome == Outcome::Faulty {
            report::line(format_args!(
                "FAILED. The same choices again: cargo xtask torture --seed {seed} --rounds {} --database {} --seconds-per-round {}",
                args.rounds,
                self::name(args.database),
                args.seconds_per_round,
            ));
        }
        all.push(Kills {
            name,
            outcome,
            figures,
        });
        outcome == Outcome::Sound
    };
    let mut going = true;
    if args.database != Databases::Postgres {
        report::line("The server is killed, on SQLite");
        going = done("server, SQLite", rounds::run(&plan(Victim::Server), None)?);
    }
    if args.database != Databases::Sqlite && going {
        report::line("The server is killed, on Postgres");
        let postgres = postgres::provide(&workspace.cache)?;
        going = done(
            "server, Postgres",
            on_postgres(&plan(Victim::Server), postgres.url())?,
        );
    }
    if args.database != Databases::Sqlite && going {
        report::line("Postgres is killed under the server");
        let postgres = postgres::private(&workspace.target()?)?;
        let plan = plan(Victim::Database(&postgres));
        done("Postgres", rounds::run(&plan, Some(postgres.url()))?);
    }
    Ok(all)
}

fn on_postgres(plan: &Plan<'_>, server: &str) -> Result<(Outcome, Figures)> {
    let schema = Schema::create(server, &format!("torture_{:016x}", rand::random::<u64>()))?;
    rounds::run(plan, Some(&schema.url()))
}

fn name(databases: Databases) -> &'static str {
    match databases {
        Databases::Sqlite => "sqlite",
        Databases::Postgres => "postgres",
        Databases::Both => "both",
    }
}
