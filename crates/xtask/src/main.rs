//! Chores of this repository, run as `cargo xtask <command>`: one file per command.
// A command-line tool: what it prints is its purpose.
#![allow(clippy::print_stderr, clippy::print_stdout)]

mod bench;
mod dist;
mod first_minute;
mod serve;
mod test;
mod torture;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{fuzz, server, setup, supply, workspace::Workspace};

/// Chores of the Rostro repository.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the server, fetch ONNX Runtime and a model pack into the cache, and check them.
    Setup(setup::Args),
    /// Build the server, set up, and run it.
    Serve(serve::Args),
    /// Set up, start a private Postgres, and run all tests.
    Test(test::Args),
    /// Kill the server again and again while clients enrol and delete, and check what they were told.
    Torture(torture::Args),
    /// Count what several gateways on one machine do, beside what was measured of them.
    Simulate(torture::Args),
    /// Fuzz what reads a stranger's bytes, guided by coverage.
    Fuzz(fuzz::Args),
    /// Ask a server what its OpenAPI documents say, rightly and wrongly, and check each answer.
    Schemathesis(torture::Args),
    /// Check what comes from others: licences, sources, known weaknesses, what is not used.
    Supply(supply::Args),
    /// Build, set up, and pack everything for a machine without this repository.
    Dist(dist::Args),
    /// Set up, and measure in release.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Make a set of bad pictures from LFW: blurred, small, turned, dark, bright, compressed.
    HardSet(torture::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = Workspace::find().and_then(|workspace| run(&workspace, &cli.command));
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(workspace: &Workspace, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Setup(args) => {
            let program = server::build(workspace, true)?;
            setup::fetch(workspace, &program, args).map(|_| ExitCode::SUCCESS)
        }
        Command::Serve(args) => serve::run(workspace, args),
        Command::Test(args) => test::run(workspace, args),
        Command::Torture(args) => torture::run(workspace, &["torture"], args),
        Command::Simulate(args) => torture::run(workspace, &["simulate"], args),
        Command::Fuzz(args) => fuzz::run(workspace, args),
        Command::Schemathesis(args) => torture::run(workspace, &["schemathesis"], args),
        Command::Supply(args) => supply::run(workspace, args),
        Command::Dist(args) => dist::run(workspace, args),
        Command::Bench(bench) => bench::run(workspace, bench),
        Command::HardSet(args) => torture::run(workspace, &["hard-set"], args),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Cli;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_heavy_chores_take_any_words_even_the_question_for_help() {
        for words in [
            ["torture", "--nodes", "--help"],
            ["simulate", "--faces", "1e9"],
            ["schemathesis", "--", "--workers"],
            ["hard-set", "-h", "x"],
            ["bench", "identify", "--debug"],
        ] {
            Cli::try_parse_from(["xtask"].into_iter().chain(words)).unwrap();
        }
        Cli::try_parse_from(["xtask", "serve", "--nodes"]).unwrap_err();
    }
}
