//! `cargo xtask simulate`: what an installation too large for this machine would do, counted from measured figures. docs/SCALING.md describes
//! the model and what it leaves out.

mod events;
mod inputs;
mod outlook;
mod places;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use rand::{SeedableRng as _, rngs::StdRng};

use events::{Outcome, Setting, Source, Spread, Way};
use inputs::Inputs;
use outlook::{BUSY, Demand, MOST, Outlook};
use places::Collections;

/// What to simulate.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Faces of all collections, such as 1e9
    #[arg(long, value_name = "N", default_value_t = 1e9)]
    faces: f64,
    /// Nodes, each of which holds its part of the collections [default: as many as are needed]
    #[arg(long, value_name = "N")]
    nodes: Option<usize>,
    /// Searches a second, of the whole installation
    #[arg(long, value_name = "Q", default_value_t = 1000.0)]
    qps: f64,
    /// Collections
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    collections: usize,
    /// The nth collection is asked for in proportion to n^-S (Zipf)
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    skew: f64,
    /// The nth collection has faces in proportion to n^-S
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    size_skew: f64,
    /// Cores of a node
    #[arg(long, value_name = "N", default_value_t = 16)]
    cores: usize,
    /// Memory of a node for the server, in GiB
    #[arg(long, value_name = "GIB", default_value_t = 128.0)]
    memory: f64,
    /// Requests to simulate
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    requests: usize,
    /// Of all choices
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The model beside the measured point of three gateways on one machine, and nothing else
    #[arg(long)]
    check: bool,
}

/// Simulates and prints.
///
/// # Errors
/// When what is asked makes no sense, or no number of nodes will do.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let inputs = Inputs::read()?;
    if args.check {
        check(&inputs);
        return Ok(ExitCode::SUCCESS);
    }
    ensure!(
        args.faces >= 1.0 && args.qps > 0.0 && args.collections > 0 && args.cores > 0,
        "faces, qps, collections and cores must be more than nothing"
    );
    let demand = Demand {
        qps: args.qps,
        cores: args.cores,
        memory: args.memory,
        requests: args.requests,
        seed: args.seed,
    };
    let collections = Collections::new(
        args.collections,
        args.faces,
        args.skew,
        args.size_skew,
        args.seed,
    );
    let largest = collections.faces.first().copied().unwrap_or_default();
    println!(
        "{:.3e} faces in {} collections (largest {:.3e}), {} searches/s; nodes of {} cores and {} GiB",
        args.faces, args.collections, largest, args.qps, args.cores, args.memory
    );
    let (memory, work) = outlook::needed(&inputs, &demand, &collections);
    let told = |nodes: Option<usize>| {
        nodes.map_or_else(
            || format!("more than {MOST}: one collection alone is too much for a node"),
            |nodes| nodes.to_string(),
        )
    };
    println!(
        "nodes needed so that one may be lost: for memory {}; for work, at most {:.0} % busy: {}",
        told(memory),
        BUSY * 100.0,
        told(work)
    );
    let nodes = match (args.nodes, memory, work) {
        (Some(nodes), _, _) => nodes,
        (None, Some(memory), Some(work)) => memory.max(work),
        _ => anyhow::bail!("no number of nodes will do; with --nodes it is simulated all the same"),
    };
    ensure!((2..=MOST).contains(&nodes), "from 2 to {MOST} nodes");

    let whole = Outlook::new(&inputs, &demand, &collections, nodes, None);
    println!("{nodes} nodes:");
    let mean = inputs.memory.node(args.faces / nodes as f64);
    println!(
        "  memory of a node: mean {mean:.1} GiB, fullest {:.1} GiB{}",
        whole.memory(),
        over(whole.memory(), demand.memory)
    );
    let rebuild = |faces: f64| faces / inputs.rebuild.faces_per_second;
    let fullest = whole.faces.get(whole.fullest()).copied();
    println!(
        "  indexes built from nothing: {}",
        duration(rebuild(fullest.unwrap_or_default()))
    );
    served(&whole, &whole.simulate());

    let lost = whole.fullest();
    let after = Outlook::new(&inputs, &demand, &collections, nodes, Some(lost));
    let taken = after.faces.iter().zip(&whole.faces);
    let taken = taken.map(|(now, was)| now - was).fold(0.0, f64::max);
    println!("one of them, the fullest, is lost:");
    println!(
        "  503 until the others have built its collections: {:.1} % of searches, for {} once it is missed",
        100.0 * whole.share(lost),
        duration(rebuild(taken))
    );
    println!(
        "  memory of the fullest node then: {:.1} GiB, {:.1} more of one node at the most{}",
        after.memory(),
        inputs.memory.node(taken) - inputs.memory.node(0.0),
        over(after.memory(), demand.memory)
    );
    served(&after, &after.simulate());
    Ok(ExitCode::SUCCESS)
}

fn over(memory: f64, limit: f64) -> &'static str {
    if memory > limit {
        " (MORE THAN IT HAS)"
    } else {
        ""
    }
}

fn served(outlook: &Outlook<'_>, outcome: &Outcome) {
    let all = outcome.took.len() + outcome.refused;
    println!(
        "  busiest node: {:.0} % of its time; p50 {:.1} ms, p99 {:.1} ms; refused {:.2} % of {all} requests",
        100.0 * outlook.busiest(),
        outcome.quantile(0.5),
        outcome.quantile(0.99),
        100.0 * outcome.refused as f64 / all.max(1) as f64
    );
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.1} min", seconds / 60.0)
    }
}

/// The measured point beside what the model says of it: all gateways and Postgres on the cores of one machine, clients that wait for
/// their answers. Once with the times of the inputs, once with the CPU that was counted, which tests the queue alone.
fn check(inputs: &Inputs) {
    let point = &inputs.point;
    let request = &inputs.request;
    println!(
        "{} gateways as processes on {} cores, {} clients   searches/s   p50 ms   p99 ms",
        point.gateways, point.cores, point.clients
    );
    println!(
        "measured                                          {:10.1} {:8.0} {:8.0}",
        point.searches_per_second, point.p50, point.p99
    );
    for (what, mean) in [
        (
            "simulated, times of inputs.toml",
            request.gateway + request.inference,
        ),
        (
            "simulated, CPU as counted",
            point.gateway_cpu + point.postgres_cpu,
        ),
    ] {
        let setting = Setting {
            nodes: 1,
            cores: point.cores,
            queue: point.clients,
            spread: Spread::Lognormal(request.deviation),
            source: Source::Closed(point.clients),
            requests: 20_000,
        };
        let way = |_: &mut StdRng| Way {
            first: (0, mean),
            then: None,
        };
        let outcome = events::simulate(&setting, &mut StdRng::seed_from_u64(1), way);
        println!(
            "{what:33} {mean:6.1} ms of CPU {:13.1} {:8.0} {:8.0}",
            outcome.rate(),
            outcome.quantile(0.5),
            outcome.quantile(0.99)
        );
    }
}
