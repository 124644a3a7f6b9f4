//! The heavy chores of this repository, which `cargo xtask` builds and calls when one is asked for: one file per command.
// A command-line tool: what it prints is its purpose.
#![allow(clippy::print_stderr, clippy::print_stdout)]

mod bench;
mod hard_set;
mod report;
mod schemathesis;
mod secret;
mod server;
mod simulate;
mod torture;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
// Where the modules here look for them.
use xtask::{
    fuzz, interrupt, postgres, setup, supply,
    workspace::{self, Workspace},
};

/// Heavy chores of the Rostro repository.
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
    /// Kill the server again and again while clients enrol and delete, and check what they were told.
    Torture(torture::Args),
    /// Count what an installation of many nodes would do: memory, times of answers, the loss of a node.
    Simulate(simulate::Args),
    /// Ask a server what its OpenAPI documents say, rightly and wrongly, and check each answer.
    Schemathesis(schemathesis::Args),
    /// Measure how well a server recognises people of LFW.
    Bench(bench::Args),
    /// Make a set of bad pictures from LFW: blurred, small, turned, dark, bright, compressed.
    HardSet(hard_set::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = Workspace::find().and_then(|workspace| match cli.command {
        Command::Torture(args) => torture::run(&workspace, &args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Schemathesis(args) => schemathesis::run(&workspace, &args),
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
