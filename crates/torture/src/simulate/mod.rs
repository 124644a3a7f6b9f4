//! `cargo xtask simulate`: several gateways on one machine as a queue, beside what was measured of
//! them. docs/SCALING.md says what comes of it.

mod events;
mod inputs;

use std::process::ExitCode;

use anyhow::Result;
use rand::{SeedableRng as _, rngs::StdRng};

use events::Setting;
use inputs::Point;

/// Requests to simulate.
const REQUESTS: usize = 20_000;

/// What to simulate.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Of all choices
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Simulates the measured point and prints both: all gateways and Postgres on the cores of one machine,
/// clients that wait for their answers, and the CPU of a search as the kernel counted it.
///
/// # Errors
/// When `inputs.toml` is not right.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let point = Point::read()?;
    let setting = Setting {
        cores: point.cores,
        clients: point.clients,
        mean: point.gateway_cpu + point.postgres_cpu,
        deviation: point.deviation,
        requests: REQUESTS,
    };
    let outcome = events::simulate(&setting, &mut StdRng::seed_from_u64(args.seed));
    println!(
        "{} gateways on {} cores, {} clients, {:.1} ms of CPU a search",
        point.gateways, point.cores, point.clients, setting.mean
    );
    println!("           searches/s   p50 ms   p99 ms");
    let row = |what: &str, rate: f64, p50: f64, p99: f64| {
        println!("{what:9} {rate:11.1} {p50:8.0} {p99:8.0}");
    };
    row("measured", point.searches_per_second, point.p50, point.p99);
    let quantile = |part| outcome.quantile(part);
    row("simulated", outcome.rate(), quantile(0.5), quantile(0.99));
    Ok(ExitCode::SUCCESS)
}
