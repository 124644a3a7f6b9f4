//! `--all`: every promise, one after the other, and the table.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    Args, Kills, kill, name, nodes,
    promises::{PROMISES, Promise},
    rounds::Outcome,
    table::{Row, text},
};
use crate::{
    fuzz, interrupt::Interrupt, postgres, report, schemathesis, setup, supply, workspace::Workspace,
};

/// Where the table goes.
const TABLE: &str = "docs/SECURITY-TESTS.md";

/// Tests everything and writes the table, also when something did not hold; fails then.
///
/// # Errors
/// When a test cannot be run at all.
pub(super) fn run(workspace: &Workspace, args: &Args, interrupt: &Interrupt) -> Result<ExitCode> {
    let mut rows: Vec<Row> = kill(workspace, args, interrupt)?
        .iter()
        .map(|one| killed(one, args))
        .collect();
    ensure!(!interrupt.happened(), "interrupted");
    report::line("Three gateways on one Postgres");
    let (_, fetched) = super::set_up(workspace, args)?;
    let played = nodes::all(workspace, args, &fetched, &|| interrupt.happened());
    rows.extend(or_not_run(played, "cargo xtask torture --nodes", |one| {
        survived(&one, args)
    }));
    let tests = Tests::prepare(workspace, args)?;
    for promise in PROMISES {
        ensure!(!interrupt.happened(), "interrupted");
        report::line(format_args!("{}", promise.words));
        rows.push(tests.keeps(workspace, promise)?);
    }
    ensure!(!interrupt.happened(), "interrupted");
    report::line("Schemathesis");
    let asked = schemathesis::all(workspace, args.mirror.as_deref(), args.examples);
    rows.extend(or_not_run(asked, "cargo xtask schemathesis", |one| Row {
        promise: format!(
            "Requests made from the document {}, right and wrong ones, are answered as it says",
            one.document
        ),
        command: format!("cargo xtask schemathesis --max-examples {}", args.examples),
        figure: format!("{} requests; mismatches: {}", one.requests, one.failures),
        held: Some(one.failures == 0),
    }));
    ensure!(!interrupt.happened(), "interrupted");
    report::line("Fuzzing");
    let fuzzed = fuzz::fuzz(workspace, &fuzz::TARGETS, args.fuzz_seconds, 1);
    rows.extend(or_not_run(fuzzed, "cargo xtask fuzz", |one| Row {
        promise: format!("Any bytes are taken or refused: {}", one.target),
        command: format!(
            "cargo xtask fuzz {} --seconds {}",
            one.target, args.fuzz_seconds
        ),
        figure: format!(
            "{} inputs; crashes: {}",
            one.inputs,
            u32::from(one.found.is_some())
        ),
        held: Some(one.found.is_none()),
    }));
    report::line("Supply chain");
    rows.extend(or_not_run(
        supply::all(workspace),
        "cargo xtask supply",
        |one| Row {
            promise: one.promise.to_owned(),
            command: "cargo xtask supply".to_owned(),
            figure: one.figure,
            held: one.held,
        },
    ));
    let path = workspace.root.join(TABLE);
    fs::write(&path, text(&rows, &about(args)))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    let broken = rows.iter().filter(|row| row.held == Some(false)).count();
    report::line(format_args!(
        "{} promises, {broken} broken: {}",
        rows.len(),
        path.display()
    ));
    Ok(if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The rows of what was tested, or one that says why nothing was.
fn or_not_run<T>(tested: Result<Vec<T>>, command: &str, row: impl Fn(T) -> Row) -> Vec<Row> {
    match tested {
        Ok(tested) => tested.into_iter().map(row).collect(),
        Err(why) => {
            report::line(format_args!("  not run: {why:#}"));
            vec![Row {
                promise: "Not tested on this machine".to_owned(),
                command: command.to_owned(),
                figure: format!("{why:#}"),
                held: None,
            }]
        }
    }
}

fn killed(kills: &Kills, args: &Args) -> Row {
    let figures = kills.figures;
    Row {
        promise: format!(
            "Nothing acknowledged is lost, nothing unacknowledged half-exists: kill -9 ({}) while clients of all dialects enrol and delete",
            kills.name
        ),
        command: format!(
            "cargo xtask torture --rounds {} --database {}",
            args.rounds,
            name(args.database)
        ),
        figure: format!(
            "{} rounds, {} requests acknowledged, {} in doubt; lost, ghosts, halves: {}",
            figures.rounds,
            figures.acknowledged,
            figures.in_doubt,
            if kills.outcome == Outcome::Sound {
                "0"
            } else {
                "FOUND"
            }
        ),
        held: Some(kills.outcome == Outcome::Sound),
    }
}

fn survived(told: &nodes::Told, args: &Args) -> Row {
    Row {
        promise: format!(
            "Three gateways on one Postgres answer rightly at any time and show all that was acknowledged: {}",
            told.fault.words()
        ),
        command: format!(
            "cargo xtask torture --nodes --seconds {} --fault {}",
            args.nodes.seconds,
            told.fault.name()
        ),
        figure: format!(
            "{} writes acknowledged, {} in doubt, {} searches; well again after {:.1} s; wrong: {}",
            told.acknowledged,
            told.in_doubt,
            told.searches,
            told.strike.recovery.as_secs_f64(),
            told.faults.len()
        ),
        held: Some(told.faults.is_empty()),
    }
}

fn about(args: &Args) -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .stderr(Stdio::null())
            .output();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "Commit {}, {}, {cores} cores, build without optimisation; {} kills a series, {} s of fuzzing a target.",
        said("git", &["rev-parse", "--short", "HEAD"]),
        said("date", &["-u", "+%Y-%m-%d"]),
        args.rounds,
        args.fuzz_seconds
    )
}

/// What tests are run with.
struct Tests {
    postgres: postgres::Postgres,
    fetched: setup::Fetched,
}

impl Tests {
    fn prepare(workspace: &Workspace, args: &Args) -> Result<Self> {
        Ok(Self {
            fetched: super::set_up(workspace, args)?.1,
            postgres: postgres::provide(&workspace.cache)?,
        })
    }

    /// Runs the tests of a promise.
    fn keeps(&self, workspace: &Workspace, promise: &Promise) -> Result<Row> {
        let figures = tempfile::NamedTempFile::new().context("no temporary file can be made")?;
        // As `cargo xtask test` has it, so that nothing is built twice.
        let mut arguments = match promise.test {
            "" => vec!["--lib"],
            test => vec!["--test", test],
        };
        arguments.extend((!promise.filter.is_empty()).then_some(promise.filter));
        let mut cargo = workspace.cargo();
        cargo
            .args(["test", "--workspace"])
            .args(&arguments)
            .env("ROSTRO_TEST_POSTGRES_URL", self.postgres.url())
            .env("ROSTRO_TEST_MODELS", &self.fetched.models)
            .env("ROSTRO_TEST_PACK", &self.fetched.pack)
            .env("ORT_DYLIB_PATH", &self.fetched.onnxruntime)
            .env("ROSTRO_FIGURES", figures.path())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        let output = cargo.output().context("cargo cannot be run")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (passed, failed) = counts(&said);
        if !output.status.success() {
            report::line(said.trim());
        }
        let mut figure = vec![format!("{passed} tests passed, {failed} failed")];
        figure.extend(noted(figures.path(), promise.figures));
        Ok(Row {
            promise: promise.words.to_owned(),
            command: format!("cargo xtask test -- {}", arguments.join(" ")),
            figure: figure.join("\n"),
            held: Some(output.status.success() && passed > 0),
        })
    }
}

/// How many tests passed and failed, from what cargo said.
fn counts(said: &str) -> (u32, u32) {
    let before = |line: &str, word: &str| {
        let (number, _) = line.split_once(word)?;
        number.trim().rsplit(' ').next()?.parse::<u32>().ok()
    };
    let results = said.lines().filter(|line| line.starts_with("test result:"));
    results.fold((0, 0), |(passed, failed), line| {
        (
            passed + before(line, " passed").unwrap_or_default(),
            failed + before(line, " failed").unwrap_or_default(),
        )
    })
}

/// What tests noted under this key, in order of the alphabet.
fn noted(path: &Path, key: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    let mut figures: Vec<String> = lines
        .filter(|(name, _)| *name == key)
        .map(|(_, figure)| figure.to_owned())
        .collect();
    figures.sort();
    figures
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn results_are_counted() {
        let said = "test result: ok. 12 passed; 0 failed; 1 ignored\nx\ntest result: FAILED. 3 passed; 2 failed; 0 ignored";
        assert_eq!(counts(said), (15, 2));
    }
}
