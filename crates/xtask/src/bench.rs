//! `cargo xtask bench`: set-up, then a benchmark in release.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use xtask::{
    report, server,
    setup::{self, Fetched},
    workspace::{Workspace, env_path},
};

use crate::{first_minute, torture};

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// Milliseconds per stage on one thread, and the throughput of `compare` beside the limit that they imply
    Stages(Options),
    /// Searches of the vector index beside usearch, hnsw_rs and, where `target/faiss-venv` has it, faiss
    Index(Options),
    /// How long a server with a million enrolled faces takes until it answers searches (ROSTRO_BENCH_FACES: another number)
    Start(Options),
    /// Requests per second beside the limit that the stages imply, CPU beside inference, and a Python server doing the same
    Serve(Options),
    /// Five times the rate that can be served: who is answered, how soon, and whether accounts are treated alike
    Overload(Options),
    /// Resident memory, idle and after many requests
    Memory(Options),
    /// Searches while others enrol
    Enrol(Options),
    /// How many people of LFW a server finds again, and how often it takes a stranger for one of them
    Identify(torture::Args),
    /// How often searches for people of LFW who are not enrolled find somebody, beside the rate that the server announces
    Strangers(torture::Args),
    /// How long a new user waits: a clean clone, `cargo xtask serve`, until the first answer
    FirstMinute(first_minute::Args),
}

/// How to measure.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// For `serve`, `overload`, `memory` and `enrol`: `--seconds N` of one measurement, `--rounds N`, `--faces N`, `--requests N`,
    /// `--alone` (without the Python server), `--pack NAME`; for `index`: `--rows N`, `--dimension N` and more (`crates/index/benches`)
    #[arg(last = true)]
    options: Vec<String>,
}

/// Runs the benchmark; its exit code.
///
/// # Errors
/// What set-up fails with.
pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<ExitCode> {
    match bench {
        Bench::Index(args) => of_index(workspace, args),
        Bench::Stages(args) => of_gateway(workspace, "stages", None, args),
        Bench::Start(args) => of_gateway(workspace, "start", None, args),
        Bench::Serve(args) => of_gateway(workspace, "load", Some("serve"), args),
        Bench::Overload(args) => of_gateway(workspace, "load", Some("overload"), args),
        Bench::Memory(args) => of_gateway(workspace, "load", Some("memory"), args),
        Bench::Enrol(args) => of_gateway(workspace, "load", Some("enrol"), args),
        Bench::Identify(args) => torture::run(workspace, &["bench", "identify"], args),
        Bench::Strangers(args) => torture::run(workspace, &["bench", "strangers"], args),
        Bench::FirstMinute(args) => first_minute::run(workspace, args),
    }
}

/// Everything that models need, the packs besides the default one as far as they can be had.
fn set_up(workspace: &Workspace, args: &Options) -> Result<Fetched> {
    let program = server::build(workspace, true)?;
    let wanted = setup::Args {
        mirror: args.mirror.clone(),
        ..setup::Args::default()
    };
    let fetched = setup::fetch(workspace, &program, &wanted)?;
    for pack in ["mobilefacenet", "compact"] {
        if let Err(reason) = setup::also_without_internet(workspace, &program, &wanted, pack) {
            report::line(format_args!(
                "  note: the pack {pack} is left out: {reason:#}"
            ));
        }
    }
    Ok(fetched)
}

/// The bench of the crate `index`: of vectors alone, so nothing is to be set up.
fn of_index(workspace: &Workspace, args: &Options) -> Result<ExitCode> {
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
    args: &Options,
) -> Result<ExitCode> {
    let fetched = set_up(workspace, args)?;
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "rostro", "--bench", name]);
    bench.arg("--").args(what).args(&args.options);
    bench.env("ROSTRO_TEST_MODELS", &fetched.models);
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
