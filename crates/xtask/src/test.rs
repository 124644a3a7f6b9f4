//! `cargo xtask test`: the build, set-up, a Postgres, and all tests.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};

use xtask::{
    interrupt::Interrupt,
    long, postgres, report, server,
    setup::{self, Fetched},
    workspace::{Workspace, env_path},
};

/// What to test.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// Also what takes long: all of LFW for every pack, twenty kills in place of three (docs/BENCHMARKS.md)
    #[arg(long)]
    all: bool,
    /// Given to `cargo test`; all packages are tested unless one is named here
    #[arg(last = true, value_name = "ARGS")]
    rest: Vec<OsString>,
}

/// Data that tests are skipped without, and which these are.
const DATA: [(&str, &str); 2] = [
    (
        "ROSTRO_MODELS_MIRROR",
        "tests that compare every model with the reference pipeline",
    ),
    ("ROSTRO_FACES", "tests on photographs, LFW among them"),
];

/// Runs the tests; cargo's exit code.
///
/// # Errors
/// What the build, set-up or starting Postgres fails with.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let interrupt = Interrupt::install()?;
    report::line(
        "Rostro: builds the server and all tests (about 8 minutes on two cores, the first time), then runs them",
    );
    let program = build(workspace, &args.rest)?;
    ensure!(!interrupt.happened(), "interrupted");
    let fetched = set_up(workspace, &program, args)?;
    let postgres = postgres::provide(&workspace.cache)?;
    let pgvector = postgres::with_pgvector(&workspace.cache)
        .inspect_err(|reason| {
            report::line(format_args!(
                "  SKIPPED: tests of searching in Postgres: {reason:#}"
            ));
        })
        .ok();
    ensure!(!interrupt.happened(), "interrupted");

    let mut tests = workspace.cargo();
    tests.arg("test").args(whole(&args.rest)).args(&args.rest);
    if args.all {
        tests.env(long::VARIABLE, "1");
    }
    tests.env("ROSTRO_TEST_POSTGRES_URL", postgres.url());
    if let Some(pgvector) = &pgvector {
        tests.env("ROSTRO_TEST_PGVECTOR_URL", pgvector.url());
    }
    tests.env("ROSTRO_TEST_MODELS", fetched.models);
    tests.env("ROSTRO_TEST_PACK", fetched.pack);
    tests.env("ORT_DYLIB_PATH", fetched.onnxruntime);
    // Test binaries run in their package's folder: relative paths would miss.
    for (name, what) in DATA {
        match env_path(name)? {
            Some(path) => drop(tests.env(name, path)),
            // Each such test says it too, but cargo does not show what a passing test says.
            None => report::line(format_args!("  SKIPPED: {what}: {name} is not set")),
        }
    }
    let status = interrupt.run(tests)?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Builds what the tests are, and the server with it, so that nothing is built twice; the server's program.
fn build(workspace: &Workspace, rest: &[OsString]) -> Result<PathBuf> {
    let for_cargo = rest.iter().take_while(|arg| *arg != "--");
    let mut tests = workspace.cargo();
    tests.args(["test", "--no-run"]).args(whole(rest));
    tests.args(for_cargo);
    match server::built(tests, server::NAME)? {
        Some(program) => Ok(program),
        // Only some tests were asked for, which need no server.
        None => server::build(workspace, false),
    }
}

/// All packages are tested unless one is named.
fn whole(rest: &[OsString]) -> Option<&'static str> {
    (!names_a_package(rest)).then_some("--workspace")
}

/// The default pack, and the others as far as they can be had.
fn set_up(workspace: &Workspace, program: &Path, args: &Args) -> Result<Fetched> {
    let wanted = setup::Args {
        mirror: args.mirror.clone(),
        ..setup::Args::default()
    };
    let fetched = setup::fetch(workspace, program, &wanted)?;
    for pack in ["mobilefacenet", "compact"] {
        if let Err(reason) = setup::also_without_internet(workspace, program, &wanted, pack) {
            report::line(format_args!(
                "  note: tests of the pack {pack} are skipped: {reason:#}"
            ));
        }
    }
    Ok(fetched)
}

fn names_a_package(args: &[OsString]) -> bool {
    let for_cargo = args
        .iter()
        .take_while(|arg| *arg != "--")
        .filter_map(|arg| arg.to_str());
    for_cargo.into_iter().any(|arg| {
        arg.starts_with("--package")
            || arg.starts_with("--manifest-path")
            || (arg.starts_with("-p") && !arg.starts_with("--"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_package_is_seen() {
        let named =
            |args: &[&str]| names_a_package(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(named(&["-p", "store"]) && named(&["-pstore"]) && named(&["--package=store", "x"]));
        assert!(!named(&[]) && !named(&["--no-fail-fast", "name"]) && !named(&["--", "-p"]));
    }
}
