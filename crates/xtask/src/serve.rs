//! `cargo xtask serve`: build, set-up, and the server in place of this process.

use std::{
    env,
    ffi::OsString,
    num::NonZero,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
    thread::available_parallelism,
};

use anyhow::{Context as _, Result};
use xtask::{
    report, server,
    setup::{self, Args as SetupArgs},
    workspace::Workspace,
};

/// How its first line begins.
pub(crate) const WILL: &str = "Rostro: ";
/// What it says once the server is built.
pub(crate) const BUILT: &str = "==> the server is built";
/// What it says once everything is there.
pub(crate) const SET_UP: &str = "==> ONNX Runtime and models are set up";

/// Minutes that building takes, times cores, with optimisation and without.
const CORE_MINUTES: [usize; 2] = [16, 8];

/// How to run the server.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    /// Build without optimisation: builds faster, answers slower
    #[arg(long, conflicts_with = "release")]
    debug: bool,
    /// Build with optimisation (the default)
    #[arg(long)]
    release: bool,
    /// Given to `rostro serve`
    #[arg(last = true, value_name = "ARGS")]
    rest: Vec<OsString>,
}

/// Becomes the server; returns only when it cannot.
///
/// # Errors
/// What the build or set-up fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    report::line(outlook(
        is_built(&workspace.target()?, args.debug),
        is_set_up(&workspace.cache),
        args.debug,
        available_parallelism().map_or(1, NonZero::get),
        &address(&args.rest),
    ));
    let program = server::build(workspace, !args.debug)?;
    report::line(BUILT);
    let fetched = setup::fetch(workspace, &program, &args.setup)?;
    report::line(SET_UP);
    let mut server = Command::new(program);
    server.arg("serve").args(&args.rest);
    // No more than these: the environment goes before a file given with `-- --config`, and the database's default address
    // is in the data folder.
    server.env("ROSTRO_MODELS__DIR", &fetched.models);
    server.env("ROSTRO_MODELS__PACK", &fetched.pack);
    server.env("ROSTRO_INFERENCE__ONNXRUNTIME", &fetched.onnxruntime);
    server.env("ROSTRO_SERVER__DATA", args.setup.data(workspace)?);
    // Taking this process's place lets Ctrl-C and SIGTERM reach the server.
    let error = server.exec();
    Err(error).with_context(|| format!("{} cannot be run", server.get_program().to_string_lossy()))
}

/// What will happen, and about how long it takes.
fn outlook(built: bool, set_up: bool, debug: bool, cores: usize, address: &str) -> String {
    let [release_minutes, debug_minutes] = CORE_MINUTES;
    let minutes = if debug {
        debug_minutes
    } else {
        release_minutes
    };
    let minutes = minutes.div_ceil(cores.max(1)).max(2);
    let build = match built {
        true => "the server was built before (what changed since is built again)".to_owned(),
        false => format!("builds the server (about {minutes} minutes on {cores} cores)"),
    };
    let fetch = match set_up {
        true => "checks ONNX Runtime and the models, which are here",
        false => "fetches ONNX Runtime and models (about 40 MB)",
    };
    format!("{WILL}{build}, {fetch}, then serves {address}")
}

/// Whether a build was finished here: not whether it is of today's sources, which cargo finds out.
fn is_built(target: &Path, debug: bool) -> bool {
    let profile = if debug { "debug" } else { "release" };
    target.join(profile).join(server::NAME).is_file()
}

fn is_set_up(cache: &Path) -> bool {
    let has = |folder: &str| {
        let mut entries = cache.join(folder).read_dir().into_iter().flatten();
        entries.next().is_some()
    };
    has("onnxruntime") && has("models")
}

/// Where it will be found, as far as that is known before it reads its settings.
fn address(rest: &[OsString]) -> String {
    match env::var("ROSTRO_SERVER__LISTEN") {
        Ok(listen) if !listen.is_empty() => format!("http://{listen}"),
        _ if rest.is_empty() => "http://127.0.0.1:8080".to_owned(),
        _ => "as your settings say".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_to_be_done_is_announced() {
        let first = outlook(false, false, false, 2, "http://127.0.0.1:8080");
        assert!(
            first.contains("builds the server (about 8 minutes on 2 cores), fetches"),
            "{first}"
        );
        assert!(first.ends_with("then serves http://127.0.0.1:8080"));
        let second = outlook(true, true, false, 2, "as your settings say");
        assert!(
            !second.contains("minutes") && !second.contains("fetches"),
            "{second}"
        );
        assert!(outlook(false, true, true, 64, "").contains("about 2 minutes on 64 cores"));
    }
}
