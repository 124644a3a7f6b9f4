//! `cargo xtask bench`: set-up, then a benchmark in release.

mod identify;

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};

use crate::{
    report,
    setup::{self, Fetched},
    workspace::{Workspace, env_path},
};

/// What to measure.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Which benchmark
    #[arg(value_enum)]
    what: What,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// With `identify` and `strangers`: build the server without optimisation, which changes no figure
    #[arg(long)]
    debug: bool,
    /// With `identify` and `strangers`: this pack alone [default: every installed one]
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
    /// For `serve`, `overload`, `memory` and `enrol`: `--seconds N` of one measurement, `--rounds N`, `--faces N`, `--requests N`,
    /// `--alone` (without the Python server), `--pack NAME`; for `index`: `--rows N`, `--dimension N` and more (`crates/index/benches`)
    #[arg(last = true)]
    options: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Milliseconds per stage on one thread, and the throughput of `compare` beside the limit that they imply
    Stages,
    /// Searches of the vector index beside usearch, hnsw_rs and, where `target/faiss-venv` has it, faiss
    Index,
    /// How long a server with a million enrolled faces takes until it answers searches (ROSTRO_BENCH_FACES: another number)
    Start,
    /// Requests per second beside the limit that the stages imply, CPU beside inference, and a Python server doing the same
    Serve,
    /// Five times the rate that can be served: who is answered, how soon, and whether accounts are treated alike
    Overload,
    /// Resident memory, idle and after many requests
    Memory,
    /// Searches while others enrol
    Enrol,
    /// How many people of LFW a server finds again, and how often it takes a stranger for one of them
    Identify,
    /// How often searches for people of LFW who are not enrolled find somebody, beside the rate that the server announces
    Strangers,
}

/// Runs the benchmark; its exit code.
///
/// # Errors
/// What set-up fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    match args.what {
        What::Index => of_index(workspace, args),
        What::Stages => of_gateway(workspace, "stages", None, args),
        What::Start => of_gateway(workspace, "start", None, args),
        What::Serve => of_gateway(workspace, "load", Some("serve"), args),
        What::Overload => of_gateway(workspace, "load", Some("overload"), args),
        What::Memory => of_gateway(workspace, "load", Some("memory"), args),
        What::Enrol => of_gateway(workspace, "load", Some("enrol"), args),
        What::Identify => identify::run(workspace, &set_up(workspace, args)?, args),
        What::Strangers => identify::strangers::run(workspace, &set_up(workspace, args)?, args),
    }
}

/// Everything that models need, the packs besides the default one as far as they can be had.
fn set_up(workspace: &Workspace, args: &Args) -> Result<Fetched> {
    let wanted = setup::Args {
        mirror: args.mirror.clone(),
        ..setup::Args::default()
    };
    let fetched = setup::fetch(workspace, &wanted)?;
    for pack in ["mobilefacenet", "compact"] {
        if let Err(reason) = setup::also_without_internet(workspace, &wanted, pack) {
            report::line(format_args!(
                "  note: the pack {pack} is left out: {reason:#}"
            ));
        }
    }
    Ok(fetched)
}

/// The bench of the crate `index`: of vectors alone, so nothing is to be set up.
fn of_index(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "index", "--features", "peers"]);
    bench.args(["--bench", "index", "--"]).args(&args.options);
    status_of(bench)
}

/// One of the benches of the crate `gateway`, and which of its measurements.
fn of_gateway(
    workspace: &Workspace,
    name: &str,
    what: Option<&str>,
    args: &Args,
) -> Result<ExitCode> {
    let fetched = set_up(workspace, args)?;
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "gateway", "--bench", name]);
    bench.arg("--").args(what).args(&args.options);
    bench.env("ROSTRO_TEST_MODELS", workspace.models());
    bench.env("ORT_DYLIB_PATH", &fetched.onnxruntime);
    if let Some(faces) = env_path("ROSTRO_FACES")? {
        bench.env("ROSTRO_FACES", faces);
    }
    status_of(bench)
}

fn status_of(mut command: Command) -> Result<ExitCode> {
    let status = command.status().context("cargo cannot be run")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
