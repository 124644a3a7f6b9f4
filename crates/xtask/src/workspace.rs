//! Where things lie: the repository, the cache, cargo and its target folder.

use std::{
    env,
    path::{Path, PathBuf, absolute},
    process::Command,
};

use anyhow::{Context as _, Result};

/// The repository and its cache.
#[derive(Debug)]
pub struct Workspace {
    /// Root of the repository.
    pub root: PathBuf,
    /// Where fetched things lie: `ROSTRO_CACHE`, else `.rostro` in the repository.
    pub cache: PathBuf,
}

impl Workspace {
    /// Finds the repository from where cargo says this crate is.
    ///
    /// # Errors
    /// When the current folder is gone, so that relative paths mean nothing.
    pub fn find() -> Result<Self> {
        // Asked at run time first: a repository that was moved keeps working without a rebuild.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.ancestors().nth(2).unwrap_or(&manifest).to_owned();
        let cache = match env_path("ROSTRO_CACHE")? {
            Some(cache) => cache,
            None => root.join(".rostro"),
        };
        Ok(Self { root, cache })
    }

    /// The folder of installed packs.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// `cargo`, to be run in the repository.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        command
    }

    /// Cargo's target folder, wherever its settings put it.
    ///
    /// # Errors
    /// When cargo does not tell.
    pub fn target(&self) -> Result<PathBuf> {
        let output = self
            .cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cargo cannot be run")?;
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
            .context("cargo metadata did not answer with JSON")?;
        metadata["target_directory"]
            .as_str()
            .map(PathBuf::from)
            .context("cargo metadata did not name the target folder")
    }
}

/// The path in the environment variable `name`, made absolute; `None` when it is unset or empty.
///
/// # Errors
/// When the current folder is gone.
pub fn env_path(name: &str) -> Result<Option<PathBuf>> {
    match env::var_os(name).filter(|value| !value.is_empty()) {
        Some(value) => Ok(Some(absolute_path(Path::new(&value))?)),
        None => Ok(None),
    }
}

/// `path` resolved against the current folder.
///
/// # Errors
/// When the current folder is gone.
pub fn absolute_path(path: &Path) -> Result<PathBuf> {
    absolute(path).with_context(|| format!("the path {} cannot be resolved", path.display()))
}
