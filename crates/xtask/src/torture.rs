//! The heavy chores, in a crate of their own that is built when one of them is asked for.

use std::{
    env,
    ffi::OsString,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use xtask::{report, server, workspace::Workspace};

/// The crate and its program.
const NAME: &str = "torture";

/// Any words: they are passed on as they were given, `--help` too.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Given to the program `torture`, which is built first
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    _rest: Vec<OsString>,
}

/// Builds it and becomes it, with the arguments of this process, which begin with these words.
///
/// # Errors
/// When it does not build.
pub(crate) fn run(workspace: &Workspace, words: &[&str], _: &Args) -> Result<ExitCode> {
    report::line(format_args!(
        "Rostro: builds what {} needs (minutes, the first time)",
        words.join(" ")
    ));
    let mut build = workspace.cargo();
    // As the tests have it: then most of it is built already.
    build.args(["build", "--workspace", "--bin", NAME]);
    let program = server::built(build, NAME)?;
    let program = program.context("cargo did not say where it put torture")?;
    let mut torture = Command::new(program);
    // Not what was parsed: a first `--` would be lost.
    torture.args(env::args_os().skip(1));
    let error = torture.exec();
    Err(error).context("torture cannot be run")
}
