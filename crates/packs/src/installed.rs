//! A pack on disk, with every file checked against its manifest.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{Manifest, PackError, sha256_of_file};

/// Name of the manifest inside a pack's folder.
pub const MANIFEST_FILE: &str = "pack.toml";

/// A model file that is there and is what the manifest says.
#[derive(Debug, Clone)]
pub struct InstalledFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256, lower-case hex: the model's identity.
    pub sha256: String,
}

/// A pack whose files are all there and all checked.
#[derive(Debug, Clone)]
pub struct InstalledPack {
    /// The folder.
    pub dir: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// The files by key; optional ones only where they are there.
    pub files: BTreeMap<String, InstalledFile>,
}

impl InstalledPack {
    /// Opens the pack in folder `dir`, reading every file once to check its SHA-256.
    ///
    /// # Errors
    /// Every [`PackError`].
    pub fn open(dir: &Path) -> Result<Self, PackError> {
        let manifest = Manifest::load(&dir.join(MANIFEST_FILE))?;
        let mut files = BTreeMap::new();
        for (key, entry) in &manifest.files {
            let path = dir.join(&entry.name);
            if entry.optional && !path.exists() {
                continue;
            }
            let sha256 = sha256_of_file(&path).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => PackError::FileMissing(path.clone()),
                _ => PackError::Io {
                    path: path.clone(),
                    source,
                },
            })?;
            if !entry.artefacts.is_empty()
                && entry
                    .artefacts
                    .iter()
                    .all(|artefact| artefact.sha256 != sha256)
            {
                return Err(PackError::WrongFile {
                    path,
                    found: sha256,
                });
            }
            files.insert(key.clone(), InstalledFile { path, sha256 });
        }
        Ok(Self {
            dir: dir.to_owned(),
            manifest,
            files,
        })
    }

    /// Whether the embedding model on disk is the one that the calibration was measured with, and not provisional otherwise.
    #[must_use]
    pub fn calibration_is_measured(&self) -> bool {
        let calibration = &self.manifest.embedder.calibration;
        let installed = self.files.get(&self.manifest.embedder.file);
        !calibration.provisional
            && installed.is_some_and(|file| file.sha256 == calibration.model_sha256)
    }
}
