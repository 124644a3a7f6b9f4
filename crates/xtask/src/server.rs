//! Programs of this repository, built by cargo, which shows its progress.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::workspace::Workspace;

/// The server's program.
pub const NAME: &str = "rostro";

/// Builds the server, with optimisation or without; its program.
///
/// # Errors
/// When it does not build; cargo has said why.
pub fn build(workspace: &Workspace, release: bool) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args(["build", "--bin", NAME]);
    build.arg(match release {
        true => "--release",
        // As the tests have it: the features of a package alone are others, and half of it would be built again.
        false => "--workspace",
    });
    let program = built(build, NAME)?;
    program.context("cargo did not say where it put the server")
}

/// Runs a cargo command that builds; the program `name` when it is among what was built.
///
/// # Errors
/// When something does not build; cargo has said why.
pub fn built(mut cargo: Command, name: &str) -> Result<Option<PathBuf>> {
    let mut child = cargo
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be run")?;
    let told = child.stdout.take().context("cargo has no output")?;
    let mut program = None;
    for line in BufReader::new(told).lines() {
        let line = line.context("cargo cannot be read")?;
        program = program_in(&line, name).or(program);
    }
    let status = child.wait().context("cargo cannot be waited for")?;
    ensure!(status.success(), "{name} does not build: see above");
    Ok(program)
}

/// The program `name` in a message of cargo, unless it is the one with its tests.
fn program_in(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is = message["target"]["name"] == name && message["profile"]["test"] == false;
    let program = message["executable"].as_str().filter(|_| is)?;
    Some(program.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_messages() {
        let line = |name: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["bin"],"name":"{name}"}},"profile":{{"test":{test}}},"executable":"/t/{name}"}}"#
            )
        };
        assert_eq!(
            program_in(&line("rostro", false), "rostro"),
            Some("/t/rostro".into())
        );
        assert_eq!(program_in(&line("rostro", true), "rostro"), None);
        assert_eq!(program_in(&line("other", false), "rostro"), None);
        assert_eq!(program_in("no message", "rostro"), None);
    }
}
