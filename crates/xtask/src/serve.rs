//! `cargo xtask serve`: set-up, build, and the server in place of this process.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};

use crate::{server, setup, workspace::Workspace};

/// How to run the server.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    setup: setup::Args,
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
/// What set-up or the build fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let ready = setup::run(workspace, &args.setup)?;
    let mut server = Command::new(server::build(workspace, !args.debug)?);
    server.arg("serve").args(&args.rest);
    // No more than these: the environment goes before a file given with `-- --config`, and the database's default address
    // is in the data folder.
    server.env("ROSTRO_MODELS__DIR", &ready.fetched.models);
    server.env("ROSTRO_MODELS__PACK", &ready.fetched.pack);
    server.env("ROSTRO_INFERENCE__ONNXRUNTIME", &ready.fetched.onnxruntime);
    server.env("ROSTRO_SERVER__DATA", &ready.data);
    // Taking this process's place lets Ctrl-C and SIGTERM reach the server.
    let error = server.exec();
    Err(error).with_context(|| format!("{} cannot be run", server.get_program().to_string_lossy()))
}
