//! `cargo xtask bench identify` and `strangers`: what a running server finds in LFW.

mod identify;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;

use crate::{
    report, server,
    setup::{self, Fetched},
    workspace::Workspace,
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
    /// Build the server without optimisation, which changes no figure
    #[arg(long)]
    debug: bool,
    /// This pack alone [default: every installed one]
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// How many people of LFW a server finds again, and how often it takes a stranger for one of them
    Identify,
    /// How often searches for people of LFW who are not enrolled find somebody, beside the rate that the server announces
    Strangers,
}

/// Runs the benchmark; its exit code.
///
/// # Errors
/// What the build or set-up fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let fetched = set_up(workspace, args)?;
    match args.what {
        What::Identify => identify::run(workspace, &fetched, args),
        What::Strangers => identify::strangers::run(workspace, &fetched, args),
    }
}

/// Everything that models need, the packs besides the default one as far as they can be had.
fn set_up(workspace: &Workspace, args: &Args) -> Result<Fetched> {
    let program = server::build(workspace, !args.debug)?;
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
