//! Packages of the npm registry, fetched with the npm client, so that its settings (registry, proxy, credentials) hold.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use flate2::read::GzDecoder;
use packs::Package;
use sha2::{Digest as _, Sha512};
use tempfile::TempDir;

use super::cache::PART;
use crate::report;

/// No file of a package that is read is larger; stops an archive that unpacks without end.
const MOST: u64 = 64 << 20;

/// Fetches packages, each once, and remembers those that cannot be had.
#[derive(Debug)]
pub(crate) struct Packages {
    scratch: PathBuf,
    fetched: BTreeMap<String, Result<Fetched, String>>,
}

/// A checked archive; it goes with the value.
#[derive(Debug)]
pub(crate) struct Fetched {
    archive: PathBuf,
    _folder: TempDir,
}

impl Packages {
    /// One that keeps archives in `scratch` while it lives.
    pub(crate) fn new(scratch: &Path) -> Self {
        Self {
            scratch: scratch.to_owned(),
            fetched: BTreeMap::new(),
        }
    }

    /// The archive of `package`.
    ///
    /// # Errors
    /// When npm is not there, does not deliver, or delivers another archive than the one that is pinned.
    pub(crate) fn archive(&mut self, package: &Package) -> Result<&Fetched> {
        let name = format!("{}@{}", package.npm, package.version);
        let scratch = &self.scratch;
        self.fetched
            .entry(name.clone())
            .or_insert_with(|| fetch(&name, package, scratch).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|reason| anyhow!("{reason}"))
    }
}

impl Fetched {
    /// The files of the archive whose path in the package `wanted` accepts.
    ///
    /// # Errors
    /// A damaged archive, a file that is too large.
    pub(crate) fn files(&self, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(&self.archive)?));
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            // npm's archives have everything in one folder, whatever its name.
            let Some((_, path)) = path.split_once('/') else {
                continue;
            };
            if !entry.header().entry_type().is_file() || !wanted(path) {
                continue;
            }
            ensure!(entry.size() <= MOST, "{path} is too large");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            found.insert(path.to_owned(), bytes);
        }
        Ok(found)
    }
}

fn fetch(name: &str, package: &Package, scratch: &Path) -> Result<Fetched> {
    let folder = tempfile::Builder::new()
        .prefix(PART)
        .tempdir_in(scratch)
        .context("the cache cannot be written")?;
    let spinner = report::spinner(&format!("{name} by npm"));
    let output = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(folder.path())
        .arg(name)
        // Away from this repository, where a setting of a project could redirect it.
        .current_dir(folder.path())
        .output();
    spinner.finish_and_clear();
    let output = output.with_context(|| {
        format!("{name} cannot be fetched, because npm cannot be run: install Node.js with npm")
    })?;
    if !output.status.success() {
        bail!(
            "{name} cannot be fetched by npm ({})",
            reason(&output.stderr)
        );
    }
    let archive = folder
        .path()
        .read_dir()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .with_context(|| format!("npm said it fetched {name}, but left no archive"))?;
    let digest = Sha512::digest(fs::read(&archive)?);
    let found = format!("sha512-{}", base64_simd::STANDARD.encode_to_string(digest));
    ensure!(
        found == package.integrity,
        "{name} is another archive, with {found} instead of {}",
        package.integrity
    );
    Ok(Fetched {
        archive,
        _folder: folder,
    })
}

/// The line of npm's complaint that says why.
fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let errors = || {
        text.lines()
            .filter_map(|line| line.strip_prefix("npm error "))
    };
    errors()
        .find(|line| {
            !line.starts_with("code ")
                && !line.starts_with("syscall ")
                && !line.starts_with("errno ")
        })
        .or_else(|| text.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or("no reason given")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(files: &[(&str, &[u8])]) -> Fetched {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tgz");
        let gzip = flate2::write::GzEncoder::new(
            File::create(&archive).unwrap(),
            flate2::Compression::fast(),
        );
        let mut tar = tar::Builder::new(gzip);
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, *bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        Fetched {
            archive,
            _folder: folder,
        }
    }

    #[test]
    fn only_what_is_wanted_is_read() {
        let fetched = packed(&[
            ("package/a/x.json", b"x"),
            ("package/a/y.bin", b"y"),
            ("other/LICENSE", b"mit"),
        ]);
        let files = fetched.files(|path| path != "a/y.bin").unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["LICENSE", "a/x.json"]);
        assert_eq!(files["a/x.json"], b"x");
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let fetched = packed(&[("package/a", &[7; 5000])]);
        let whole = fs::read(&fetched.archive).unwrap();
        fs::write(&fetched.archive, &whole[..whole.len() / 2]).unwrap();
        fetched.files(|_| true).unwrap_err();
    }

    #[test]
    fn npm_says_why_in_one_line() {
        let text = b"npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\nnpm error network request to x failed\n";
        assert_eq!(reason(text), "network request to x failed");
        assert_eq!(reason(b""), "no reason given");
    }
}
