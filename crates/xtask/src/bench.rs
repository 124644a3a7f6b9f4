//! `cargo xtask bench`: set-up, then a benchmark in release.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{
    report, setup,
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
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Milliseconds per stage on one thread, and the throughput of `compare` beside the limit that they imply
    Stages,
}

/// Runs the benchmark; its exit code.
///
/// # Errors
/// What set-up fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let wanted = setup::Args {
        models: Some("standard".to_owned()),
        mirror: args.mirror.clone(),
        data: None,
    };
    let onnxruntime = setup::fetch(workspace, &wanted)?.onnxruntime;
    if let Err(reason) = setup::also_without_internet(workspace, &wanted, "mobilefacenet") {
        report::line(format_args!(
            "  note: the pack mobilefacenet is left out: {reason:#}"
        ));
    }
    let What::Stages = args.what;
    let mut bench = workspace.cargo();
    bench.args(["bench", "--package", "gateway", "--bench", "stages"]);
    bench.env("ROSTRO_TEST_MODELS", workspace.models());
    bench.env("ORT_DYLIB_PATH", onnxruntime);
    if let Some(faces) = env_path("ROSTRO_FACES")? {
        bench.env("ROSTRO_FACES", faces);
    }
    let status = bench.status().context("cargo cannot be run")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
