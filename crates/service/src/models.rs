//! The installed model packs: what their scores mean, where their weights come from, and on what terms.

use std::{io, path::Path};

use inference::{EngineError, MatchScale};
use packs::{Calibration, InstalledPack, MANIFEST_FILE, PackError};
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::ServiceError;
use crate::config::ModelsConfig;

/// A pack, for whoever has to trust its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct PackReport {
    /// What `models.pack` calls it.
    pub name: String,
    /// Whether `models.pack` names it.
    pub in_use: bool,
    /// What it is good for.
    pub summary: String,
    /// What to know before using it.
    pub warning: Option<String>,
    /// What a match score means.
    pub matching: MatchingReport,
    /// What the liveness score was measured on; `None` without liveness models.
    pub liveness: Option<String>,
    /// Its models, in the order of their work.
    pub models: Vec<ModelReport>,
}

/// What the match scores of a pack mean.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchingReport {
    /// What was measured, on what.
    pub measured: String,
    /// The figures are borrowed, of too few pairs, or of another file of the model: a guess.
    pub provisional: bool,
    /// By rising score.
    pub anchors: Vec<AnchorReport>,
}

/// One point of a calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnchorReport {
    /// 0 to 1, 4 decimals.
    pub score: f64,
    /// The share of comparisons of two different people that reach it, 0 to 1.
    pub fmr: f64,
    /// The share of comparisons of one person's pictures that reach it in the same measurement, 0 to 1, where known.
    pub tar: Option<f64>,
    /// Below what the measurement can show: a straight line through measured points in log FMR.
    pub extrapolated: bool,
}

/// One model of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReport {
    /// `detector`, `embedder`, `confirm`, `landmarks`, `liveness` or `eyes`.
    pub role: &'static str,
    /// Name of its file.
    pub file: String,
    /// SHA-256 of the file, lower-case hex: the model's identity.
    pub sha256: String,
    /// Licence of the weights, in words.
    pub licence: String,
    /// Whether the licence allows commercial use.
    pub commercial: bool,
    /// Whose work it is.
    pub origin: String,
}

impl PackReport {
    /// Of a pack whose files were checked.
    #[must_use]
    pub fn of(pack: &InstalledPack, in_use: bool) -> Self {
        let manifest = &pack.manifest;
        let calibration = &manifest.embedder.calibration;
        let model = |(role, key): (&'static str, &str)| {
            let (entry, file) = (manifest.files.get(key)?, pack.files.get(key)?);
            Some(ModelReport {
                role,
                file: entry.name.clone(),
                sha256: file.sha256.clone(),
                licence: entry.license.clone(),
                commercial: entry.commercial,
                origin: entry.origin.clone(),
            })
        };
        Self {
            name: manifest.name.clone(),
            in_use,
            summary: manifest.summary.clone(),
            warning: manifest.warning.clone(),
            matching: MatchingReport {
                measured: calibration.measured.clone(),
                provisional: !pack.calibration_is_measured(),
                anchors: anchors(calibration),
            },
            liveness: manifest
                .liveness
                .as_ref()
                .map(|role| role.calibration.measured.clone()),
            models: manifest.roles().filter_map(model).collect(),
        }
    }
}

fn anchors(calibration: &Calibration) -> Vec<AnchorReport> {
    let scale = MatchScale::new(calibration);
    let anchors = calibration.anchors.iter();
    let anchors = anchors.map(|anchor| AnchorReport {
        score: scale.score(anchor.cosine as f32).rounded(),
        fmr: anchor.fmr,
        tar: anchor.tar,
        extrapolated: anchor.extrapolated,
    });
    anchors.collect()
}

/// A folder of `models.dir`.
pub struct PackFolder {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub pack: Result<PackReport, PackError>,
}

/// The packs in `models.dir`, the one in use first. Reads every file of theirs.
///
/// # Errors
/// When the folder cannot be read; a pack that cannot is among the answers.
pub fn installed_packs(settings: &ModelsConfig) -> io::Result<Vec<PackFolder>> {
    let names = std::fs::read_dir(&settings.dir)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| has_manifest(&settings.dir.join(name)))
        .collect();
    names.sort_by_key(|name| (*name != settings.pack, name.clone()));
    let open = |name: String| {
        let pack = InstalledPack::open(&settings.dir.join(&name));
        let pack = pack.map(|pack| PackReport::of(&pack, name == settings.pack));
        PackFolder { name, pack }
    };
    Ok(names.into_iter().map(open).collect())
}

fn has_manifest(folder: &Path) -> bool {
    folder.join(MANIFEST_FILE).is_file()
}

/// The installed packs as they were when somebody first asked: their files are large, and do not change under a running server.
pub struct InstalledModels {
    settings: ModelsConfig,
    found: OnceCell<Vec<PackReport>>,
}

impl InstalledModels {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(settings: &ModelsConfig) -> Self {
        Self {
            settings: settings.clone(),
            found: OnceCell::new(),
        }
    }

    /// Every pack that could be used, the one in use first.
    ///
    /// # Errors
    /// [`ServiceError::Engine`] when the folder cannot be read any more.
    pub async fn all(&self) -> Result<&[PackReport], ServiceError> {
        let read = async || {
            let settings = self.settings.clone();
            let found = spawn_blocking(move || installed_packs(&settings)).await;
            let found = found.map_err(|_| EngineError::Panicked)?;
            let found = found.map_err(|error| {
                tracing::error!(%error, "models.dir cannot be read");
                EngineError::Stopped
            })?;
            Ok::<_, EngineError>(found.into_iter().filter_map(usable).collect())
        };
        Ok(self.found.get_or_try_init(read).await?)
    }
}

fn usable(PackFolder { name, pack }: PackFolder) -> Option<PackReport> {
    pack.inspect_err(|error| tracing::warn!(name, %error, "this pack is not usable"))
        .ok()
}
