//! `cargo xtask setup`: the server's own command `rostro setup`, with the cache of this repository.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{Workspace, absolute_path, env_path};

/// What to set up.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Model pack, by the name of its manifest in models/ [default: ROSTRO_MODELS__PACK, else standard, else compact]
    #[arg(long, alias = "models", value_name = "PACK")]
    pub pack: Option<String>,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    pub mirror: Option<PathBuf>,
    /// Folder for the database and the signing secret [default: ROSTRO_SERVER__DATA, else data/ in the repository]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Args {
    /// The data folder of a server of this repository.
    ///
    /// # Errors
    /// When the current folder is gone.
    pub fn data(&self, workspace: &Workspace) -> Result<PathBuf> {
        match &self.data {
            Some(data) => absolute_path(data),
            None => {
                Ok(env_path("ROSTRO_SERVER__DATA")?.unwrap_or_else(|| workspace.root.join("data")))
            }
        }
    }
}

/// What was fetched, or was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The ONNX Runtime library.
    pub onnxruntime: PathBuf,
    /// The folder of packs.
    pub models: PathBuf,
    /// Name of the pack.
    pub pack: String,
}

/// Lets the server's `program` fetch ONNX Runtime and the pack into the cache; what is there and right is left alone.
///
/// # Errors
/// When something cannot be had; the program has said what to do.
pub fn fetch(workspace: &Workspace, program: &Path, args: &Args) -> Result<Fetched> {
    run(wanted(workspace, program, args))
}

/// As [`fetch`], for another machine: no ONNX Runtime of the user's own; with `gpu` ONNX Runtime for NVIDIA GPUs.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_to_pass_on(
    workspace: &Workspace,
    program: &Path,
    args: &Args,
    gpu: bool,
) -> Result<Fetched> {
    let mut command = wanted(workspace, program, args);
    command.args(gpu.then_some("--gpu"));
    for name in ["ROSTRO_INFERENCE__ONNXRUNTIME", "ORT_DYLIB_PATH"] {
        command.env_remove(name);
    }
    run(command)
}

fn wanted(workspace: &Workspace, program: &Path, args: &Args) -> Command {
    let mut command = command(workspace, program);
    if let Some(pack) = &args.pack {
        command.arg("--pack").arg(pack);
    }
    if let Some(mirror) = &args.mirror {
        command.arg("--mirror").arg(mirror);
    }
    command
}

/// Lets the server's `program` install `pack` too where that asks no model site: for tests and benches of several packs.
///
/// # Errors
/// Why it cannot be had; the program has said it.
pub fn also_without_internet(
    workspace: &Workspace,
    program: &Path,
    args: &Args,
    pack: &str,
) -> Result<()> {
    let mut command = command(workspace, program);
    command.args(["--pack", pack]);
    // Offline it asks no mirror but a named one.
    let mirror = match &args.mirror {
        Some(mirror) => Some(mirror.clone()),
        None if offline() => None,
        None => env_path("ROSTRO_MODELS_MIRROR")?,
    };
    if let Some(mirror) = mirror {
        command.arg("--mirror").arg(mirror);
    }
    command.env("ROSTRO_MODELS_OFFLINE", "1");
    run(command).map(drop)
}

fn offline() -> bool {
    env::var("ROSTRO_MODELS_OFFLINE")
        .is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "no"))
}

fn command(workspace: &Workspace, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["setup", "--env"])
        .env("ROSTRO_CACHE", &workspace.cache);
    command
}

fn run(mut command: Command) -> Result<Fetched> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("rostro cannot be run")?;
    ensure!(output.status.success(), "set-up failed: see above");
    let text = String::from_utf8(output.stdout).context("rostro setup did not print text")?;
    fetched(&text).context("rostro setup did not say what it put where")
}

/// From the settings that it prints, one a line.
fn fetched(text: &str) -> Option<Fetched> {
    let value = |name: &str| {
        let mut values = text.lines().filter_map(|line| line.split_once('='));
        values.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    };
    Some(Fetched {
        onnxruntime: value("ROSTRO_INFERENCE__ONNXRUNTIME")?.into(),
        models: value("ROSTRO_MODELS__DIR")?.into(),
        pack: value("ROSTRO_MODELS__PACK")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_setup_prints_is_read() {
        let text = "ROSTRO_MODELS__DIR=/a=b\nROSTRO_MODELS__PACK=compact\nROSTRO_INFERENCE__ONNXRUNTIME=/l.so\n";
        let wanted = Fetched {
            onnxruntime: "/l.so".into(),
            models: "/a=b".into(),
            pack: "compact".to_owned(),
        };
        assert_eq!(fetched(text), Some(wanted));
        assert_eq!(fetched("ROSTRO_MODELS__PACK=compact\n"), None);
    }
}
