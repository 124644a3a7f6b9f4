//! `cargo xtask torture`: `kill -9` in a loop while clients enrol and delete. Nothing that a client was told may be lost.

mod api;
mod client;
mod judge;
mod ledger;
mod rounds;
mod seen;
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
use rounds::{Outcome, Plan};

/// How to torture.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// How often to kill the server, on each database
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
    /// Build the server with optimisation
    #[arg(long)]
    release: bool,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Databases {
    /// The embedded one
    Sqlite,
    /// The one at ROSTRO_TEST_POSTGRES_URL, else a private one
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
    let wanted = setup::Args {
        models: None,
        mirror: args.mirror.clone(),
        data: None,
    };
    let fetched = setup::fetch(workspace, &wanted)?;
    let program = server::build(workspace, args.release)?;
    let seed = args.seed.unwrap_or_else(rand::random);
    let plan = Plan {
        program: &program,
        fetched: &fetched,
        pictures: &workspace.root.join("crates/gateway/tests/data"),
        rounds: args.rounds,
        time: Duration::from_secs_f64(args.seconds_per_round),
        seed,
        interrupted: &|| interrupt.happened(),
    };
    let mut outcome = Outcome::Sound;
    if args.database != Databases::Postgres {
        report::line("SQLite");
        outcome = rounds::run(&plan, None)?;
    }
    if args.database != Databases::Sqlite && outcome == Outcome::Sound {
        report::line("Postgres");
        let postgres = postgres::provide(&workspace.cache)?;
        outcome = on_postgres(&plan, postgres.url())?;
    }
    Ok(match outcome {
        Outcome::Sound => ExitCode::SUCCESS,
        Outcome::Faulty => {
            report::line(format_args!(
                "FAILED. The same choices again: cargo xtask torture --seed {seed} --rounds {} --database {} --seconds-per-round {}",
                args.rounds,
                name(args.database),
                args.seconds_per_round,
            ));
            ExitCode::FAILURE
        }
        Outcome::Interrupted => ExitCode::FAILURE,
    })
}

fn on_postgres(plan: &Plan<'_>, server: &str) -> Result<Outcome> {
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
