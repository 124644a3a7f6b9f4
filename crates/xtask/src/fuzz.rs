//! `cargo xtask fuzz`: libFuzzer on every entry point that reads a stranger's bytes, guided by coverage, on stable Rust.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{report, workspace::Workspace};

/// What is fuzzed: a binary and a folder of seeds in `fuzz/` each.
pub const TARGETS: [&str; 8] = [
    "picture",
    "reduced",
    "base64",
    "authorization",
    "verifik",
    "opencv_onpremise",
    "opencv_cloud",
    "tfjs",
];

/// What `cargo fuzz` gives the compiler, without the part that needs a nightly one: counters at every edge, the operands of
/// comparisons, and the checks of debug builds.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// One input may take so long, in seconds.
const TIMEOUT: u32 = 20;
/// One process may use so much memory, in MiB.
const MEMORY: u32 = 4096;

/// What to fuzz.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// One of them [default: all, one after the other]
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    target: Option<String>,
    /// How long, each
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Repeats the choices of an earlier run, as far as time allows
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
}

/// How a target fared.
#[derive(Debug)]
pub struct Fuzzed {
    /// Which.
    pub target: &'static str,
    /// Inputs tried.
    pub inputs: u64,
    /// The input that it does not survive.
    pub found: Option<PathBuf>,
}

/// Fuzzes; fails when something was found.
///
/// # Errors
/// When it does not build or run.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let wanted = |name: &&&str| args.target.as_deref().is_none_or(|target| target == **name);
    let targets: Vec<&'static str> = TARGETS.iter().filter(wanted).copied().collect();
    let all = fuzz(workspace, &targets, args.seconds, args.seed)?;
    Ok(match all.iter().all(|one| one.found.is_none()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Builds and fuzzes these, for so many seconds each.
///
/// # Errors
/// When it does not build or run.
pub fn fuzz(
    workspace: &Workspace,
    targets: &[&'static str],
    seconds: u32,
    seed: u32,
) -> Result<Vec<Fuzzed>> {
    let home = workspace.target()?.join("fuzz");
    let programs = build(workspace, &home)?;
    targets
        .iter()
        .map(|target| {
            let fuzzed = one(workspace, &home, &programs, target, seconds, seed)?;
            report::line(match &fuzzed.found {
                None => format!("  {target}: {} inputs, nothing found", fuzzed.inputs),
                Some(input) => format!(
                    "  {target}: FOUND after {} inputs; once more: {} {}",
                    fuzzed.inputs,
                    programs.join(target).display(),
                    input.display()
                ),
            });
            Ok(fuzzed)
        })
        .collect()
}

/// The folder of the programs. Build scripts and macros are left as they are, because a target is named.
fn build(workspace: &Workspace, home: &Path) -> Result<PathBuf> {
    let triple = host()?;
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--locked", "--release", "--target", &triple])
        .arg("--manifest-path")
        .arg(workspace.root.join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(home)
        .env("RUSTFLAGS", FLAGS);
    let status = cargo.status().context("cargo cannot be run")?;
    ensure!(
        status.success(),
        "the fuzzer does not build: see above (its runtime needs a C++ compiler)"
    );
    Ok(home.join(triple).join("release"))
}

fn one(
    workspace: &Workspace,
    home: &Path,
    programs: &Path,
    target: &'static str,
    seconds: u32,
    seed: u32,
) -> Result<Fuzzed> {
    let (corpus, found) = (
        home.join("corpus").join(target),
        home.join("found").join(target),
    );
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).context("the target folder cannot be written")?;
    }
    let before = newest(&found);
    let output = Command::new(programs.join(target))
        .arg(&corpus)
        .arg(workspace.root.join("fuzz/seeds").join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-seed={seed}"))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args(["-print_final_stats=1", "-verbosity=0"])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("the fuzzer {target} cannot be run"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let inputs = text
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or_default();
    if output.status.success() {
        ensure!(
            inputs > 0,
            "the fuzzer {target} tried nothing: {}",
            text.trim()
        );
        return Ok(Fuzzed {
            target,
            inputs,
            found: None,
        });
    }
    report::line(text.trim());
    match newest(&found).filter(|input| before.as_ref() != Some(input)) {
        None => bail!("the fuzzer {target} ended without an input to blame"),
        some => Ok(Fuzzed {
            target,
            inputs,
            found: some,
        }),
    }
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = folder.read_dir().ok()?.flatten();
    let dated =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    dated.max().map(|(_, path)| path)
}

/// What the compiler calls this machine.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .output()
        .context("rustc cannot be run")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}
