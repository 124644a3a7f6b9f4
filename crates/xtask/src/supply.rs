//! `cargo xtask supply`: what comes from others. Licences, sources and known weaknesses (`cargo deny`), and what is not used (`cargo machete`).

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::{report, workspace::Workspace};

/// A program that is installed here when it is missing: its crate and version.
struct Tool {
    name: &'static str,
    version: &'static str,
}

const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
const MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
};

/// What to check.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {}

/// One check.
#[derive(Debug)]
pub struct Checked {
    /// What is promised.
    pub promise: &'static str,
    /// What was counted, or why it could not be.
    pub figure: String,
    /// Whether it held; `None` when it could not be checked.
    pub held: Option<bool>,
}

/// Checks; fails when something did not hold.
///
/// # Errors
/// When a tool cannot be had.
pub fn run(workspace: &Workspace, _: &Args) -> Result<ExitCode> {
    let all = all(workspace)?;
    for one in &all {
        let held = match one.held {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "not checked",
        };
        report::line(format_args!("  {}: {held} ({})", one.promise, one.figure));
    }
    Ok(match all.iter().all(|one| one.held != Some(false)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// All checks.
///
/// # Errors
/// When a tool cannot be had.
pub fn all(workspace: &Workspace) -> Result<Vec<Checked>> {
    let home = workspace.target()?.join("tools");
    let deny = provide(&home, &DENY)?;
    let machete = provide(&home, &MACHETE)?;
    let crates = packages(workspace)?;
    let mut checked = vec![Checked {
        promise: "Every dependency has a licence that may be used, comes from the registry, is needed, and is not banned",
        ..told(
            &deny,
            &[
                "deny",
                "--all-features",
                "check",
                "licenses",
                "bans",
                "sources",
            ],
            workspace,
            &crates,
        )?
    }];
    let mut advisories = Checked {
        promise: "No dependency has a known weakness (RustSec)",
        ..told(
            &deny,
            &["deny", "--all-features", "check", "advisories"],
            workspace,
            &crates,
        )?
    };
    // The database is a repository, which not every machine reaches.
    if advisories.held == Some(false) && !reaches_advisories(&deny, workspace)? {
        advisories.figure = "the advisory database cannot be fetched from here".to_owned();
        advisories.held = None;
    }
    checked.push(advisories);
    checked.push(Checked {
        promise: "No dependency is declared and not used",
        ..told(&machete, &["."], workspace, &crates)?
    });
    Ok(checked)
}

fn told(
    program: &Path,
    arguments: &[&str],
    workspace: &Workspace,
    figure: &str,
) -> Result<Checked> {
    let mut command = Command::new(program);
    // As cargo would call it: its own name first.
    command
        .args(arguments)
        .current_dir(&workspace.root)
        .stdin(Stdio::null());
    let output = command
        .output()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let held = output.status.success();
    if !held {
        report::line(String::from_utf8_lossy(&output.stdout).trim());
        report::line(String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(Checked {
        promise: "",
        figure: figure.to_owned(),
        held: Some(held),
    })
}

fn reaches_advisories(deny: &Path, workspace: &Workspace) -> Result<bool> {
    let mut fetch = Command::new(deny);
    fetch
        .args(["deny", "fetch", "db"])
        .current_dir(&workspace.root);
    let status = fetch
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    Ok(status.context("cargo deny cannot be run")?.success())
}

/// How many packages there are, in words.
fn packages(workspace: &Workspace) -> Result<String> {
    let lock = std::fs::read_to_string(workspace.root.join("Cargo.lock"))
        .context("Cargo.lock cannot be read")?;
    let number = lock.lines().filter(|line| *line == "[[package]]").count();
    Ok(format!("{number} packages"))
}

/// The program, built here unless it is there in the right version. Its target folder is its own: it shares nothing with the server.
fn provide(home: &Path, tool: &Tool) -> Result<PathBuf> {
    let program = home.join("bin").join(tool.name);
    let version = Command::new(&program)
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(tool.version)) {
        return Ok(program);
    }
    report::line(format_args!(
        "  installing {} {} (minutes, once)",
        tool.name, tool.version
    ));
    let mut install = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install
        .args([
            "install", "--quiet", "--locked", "--debug", "--force", "--root",
        ])
        .arg(home)
        .arg("--target-dir")
        .arg(home.join("build"))
        .arg(format!("{}@{}", tool.name, tool.version));
    let status = install.status().context("cargo cannot be run")?;
    ensure!(
        status.success(),
        "{} {} cannot be installed: is a registry of crates within reach?",
        tool.name,
        tool.version
    );
    Ok(program)
}
