//! Chores of this repository, run as `cargo xtask <command>`: one file per command.
// A command-line tool: what it prints is its purpose.
#![allow(clippy::print_stderr, clippy::print_stdout)]

mod bench;
mod dist;
mod fuzz;
mod hard_set;
mod interrupt;
mod postgres;
mod report;
mod schemathesis;
mod secret;
mod serve;
mod server;
mod setup;
mod simulate;
mod supply;
mod test;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

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
    /// Fetch ONNX Runtime and a model pack into the cache, check them, and make the data folder.
    Setup(setup::Args),
    /// Set up, build, and run the server.
    Serve(serve::Args),
    /// Set up, start a private Postgres, and run all tests.
    Test(test::Args),
    /// Kill the server again and again while clients enrol and delete, and check what they were told.
    Torture(torture::Args),
    /// Count what several gateways on one machine do, beside what was measured of them.
    Simulate(simulate::Args),
    /// Fuzz what reads a stranger's bytes, guided by coverage.
    Fuzz(fuzz::Args),
    /// Ask a server what its OpenAPI documents say, rightly and wrongly, and check each answer.
    Schemathesis(schemathesis::Args),
    /// Check what comes from others: licences, sources, known weaknesses, what is not used.
    Supply(supply::Args),
    /// Set up, build, and pack everything for a machine without this repository.
    Dist(dist::Args),
    /// Set up, and measure in release.
    Bench(bench::Args),
    /// Make a set of bad pictures from LFW: blurred, small, turned, dark, bright, compressed.
    HardSet(hard_set::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = Workspace::find().and_then(|workspace| match cli.command {
        Command::Setup(args) => setup::run(&workspace, &args).map(|_| ExitCode::SUCCESS),
        Command::Serve(args) => serve::run(&workspace, &args),
        Command::Test(args) => test::run(&workspace, &args),
        Command::Torture(args) => torture::run(&workspace, &args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Fuzz(args) => fuzz::run(&workspace, &args),
        Command::Schemathesis(args) => schemathesis::run(&workspace, &args),
        Command::Supply(args) => supply::run(&workspace, &args),
        Command::Dist(args) => dist::run(&workspace, &args),
        Command::Bench(args) => bench::run(&workspace, &args),
        Command::HardSet(args) => hard_set::run(&args),
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
