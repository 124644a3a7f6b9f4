//! `cargo xtask bench serve`, `overload`, `memory` and `enrol`: the server as a process of its own, asked over HTTP.
//!
//! Needs `ROSTRO_TEST_MODELS` and `ORT_DYLIB_PATH`; with `ROSTRO_FACES` large photographs are measured too. Client and server share
//! the cores, so the client does as little as it can: it sends bytes that were made before, over connections that stay open.
#![allow(clippy::print_stdout, reason = "a program that measures and prints")]

mod bodies;
mod client;
mod closed;
mod enrol;
mod figures;
mod fill;
mod memory;
mod open;
mod overload;
mod peer;
mod process;
mod serve;

use anyhow::Result;
use clap::Parser;

/// What to measure.
#[derive(Debug, Parser)]
struct Args {
    #[arg(value_enum)]
    what: What,
    /// Seconds of one measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// With `serve`: how often everything is measured in turn
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Faces that are enrolled for searches
    #[arg(long, default_value_t = 100_000)]
    faces: usize,
    /// With `memory`: requests
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// With `serve`: leave the Python server out
    #[arg(long)]
    alone: bool,
    /// The model pack
    #[arg(long, default_value = "standard")]
    pack: String,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Requests per second beside the limit that the stages imply, CPU beside inference, and a Python server
    Serve,
    /// Five times the rate that can be served: who is answered, how soon, and whether accounts are treated alike
    Overload,
    /// Resident memory, idle and after many requests
    Memory,
    /// Searches while others enrol
    Enrol,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match args.what {
        What::Serve => serve::run(&args),
        What::Overload => overload::run(&args),
        What::Memory => memory::run(&args),
        What::Enrol => enrol::run(&args),
    }
}

/// Cores of this machine.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
