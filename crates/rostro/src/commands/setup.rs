//! `rostro setup`.

use std::{
    env,
    ffi::OsString,
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf, absolute},
};

use anyhow::{Context as _, Result};
use setup::{Options, Pack};

use super::print;
use service::{Config, config::ProviderName};

const AFTER: &str = "\
It fetches into the folder that ROSTRO_CACHE names, else into the data folder if one is given or set, else into .rostro in the
current folder: `rostro serve`, started there or with the same settings, finds it. What is there and right is left alone.
ROSTRO_MODELS_OFFLINE=1 keeps it from mirrors that are not named here and from model sites.";

/// What to fetch, from where.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Setup {
    /// Model pack: standard, mobilefacenet, compact, insightface or opencv [default: models.pack, else standard, else compact]
    #[arg(long, alias = "models", value_name = "NAME")]
    pack: Option<String>,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// Data folder of the server, made if it is not there [default: server.data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// ONNX Runtime for NVIDIA GPUs (CUDA 13, cuDNN 9) [default: where inference.provider is "cuda"]
    #[arg(long)]
    gpu: bool,
    /// Print what was set up as settings, one NAME=value a line
    #[arg(long)]
    env: bool,
}

/// Sets up; `settings` as they are set, without what was found.
pub(super) fn run(settings: &Config, setup: &Setup) -> Result<()> {
    if let Some(data) = &setup.data {
        make_data_folder(data)?;
    }
    let installed = setup::install(&Options {
        cache: cache(
            settings,
            setup.data.as_deref(),
            variable(packs::CACHE_VARIABLE),
        )?,
        models: set(&settings.models.dir).map(resolved).transpose()?,
        pack: pack(settings, setup.pack.as_ref()),
        mirror: mirror(setup.mirror.as_deref())?,
        offline: is_offline(),
        runtime: runtime(settings)?,
        gpu: setup.gpu || settings.inference.provider == ProviderName::Cuda,
    })?;
    if setup.env {
        print(&format!(
            "ROSTRO_MODELS__DIR={}\nROSTRO_MODELS__PACK={}\nROSTRO_INFERENCE__ONNXRUNTIME={}",
            installed.models.display(),
            installed.pack,
            installed.onnxruntime.display()
        ));
    }
    Ok(())
}

/// The folder to fill: a server with the same settings, or in the same folder, looks there.
fn cache(settings: &Config, data: Option<&Path>, named: Option<OsString>) -> Result<PathBuf> {
    if let Some(named) = named {
        return resolved(Path::new(&named));
    }
    let data = match data {
        Some(data) => Some(data),
        None => {
            let own = settings.server.data != Config::defaults()?.server.data;
            own.then_some(settings.server.data.as_path())
        }
    };
    resolved(data.unwrap_or(Path::new(packs::CACHE)))
}

/// The pack of the command, else that of the settings; what lies in a folder of the user's own may not be one that ships.
fn pack(settings: &Config, named: Option<&String>) -> Pack {
    if let Some(named) = named {
        return Pack::Named(named.clone());
    }
    let models = &settings.models;
    let set_pack = (!models.pack.is_empty()).then(|| models.pack.clone());
    let own = set(&models.dir).and_then(|dir| {
        let pack = set_pack.clone().or_else(|| packs::preferred_pack(dir))?;
        let there = dir.join(&pack).join(packs::MANIFEST_FILE).is_file();
        there.then_some(pack)
    });
    match (own, set_pack) {
        (Some(own), _) => Pack::Own(own),
        (None, Some(pack)) => Pack::Named(pack),
        (None, None) => Pack::Default,
    }
}

fn mirror(named: Option<&Path>) -> Result<Option<PathBuf>> {
    match named {
        Some(mirror) => resolved(mirror).map(Some),
        // Offline means what a machine has that reaches registries alone: a mirror must then be named in the command.
        None if is_offline() => Ok(None),
        None => {
            let mirror = variable("ROSTRO_MODELS_MIRROR");
            mirror
                .map(|mirror| resolved(Path::new(&mirror)))
                .transpose()
        }
    }
}

/// A library of the user's own, and what named it.
fn runtime(settings: &Config) -> Result<Option<(String, PathBuf)>> {
    let setting = set(&settings.inference.onnxruntime);
    let setting = setting.map(|path| ("inference.onnxruntime", path.to_owned()));
    let named = setting.or_else(|| {
        let path = variable("ORT_DYLIB_PATH")?;
        Some(("ORT_DYLIB_PATH", path.into()))
    });
    named
        .map(|(name, path)| Ok((name.to_owned(), resolved(&path)?)))
        .transpose()
}

fn is_offline() -> bool {
    variable("ROSTRO_MODELS_OFFLINE")
        .is_some_and(|value| !["0", "false", "no"].iter().any(|no| value == *no))
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A path that a setting names.
fn set(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

fn resolved(path: &Path) -> Result<PathBuf> {
    absolute(path).with_context(|| format!("the path {} cannot be resolved", path.display()))
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_packs_of_a_folder_of_ones_own_are_left_alone_unless_one_is_asked_for() {
        let home = tempfile::tempdir().unwrap();
        let mut settings = Config::defaults().unwrap();
        assert_eq!(pack(&settings, None), Pack::Default);
        settings.models.dir = home.path().to_owned();
        assert_eq!(pack(&settings, None), Pack::Default, "it is empty");
        fs::create_dir(home.path().join("own")).unwrap();
        fs::write(home.path().join("own/pack.toml"), "").unwrap();
        assert_eq!(pack(&settings, None), Pack::Own("own".to_owned()));
        settings.models.pack = "opencv".to_owned();
        assert_eq!(pack(&settings, None), Pack::Named("opencv".to_owned()));
        let named = "compact".to_owned();
        assert_eq!(pack(&settings, Some(&named)), Pack::Named(named.clone()));
    }

    #[test]
    fn things_go_where_a_server_with_these_settings_looks() {
        let mut settings = Config::defaults().unwrap();
        let here = env::current_dir().unwrap();
        let given = Some(Path::new("given"));
        assert_eq!(cache(&settings, None, None).unwrap(), here.join(".rostro"));
        assert_eq!(cache(&settings, given, None).unwrap(), here.join("given"));
        settings.server.data = "/var/lib/rostro".into();
        assert_eq!(
            cache(&settings, None, None).unwrap(),
            Path::new("/var/lib/rostro")
        );
        let named = Some("/cache".into());
        assert_eq!(cache(&settings, given, named).unwrap(), Path::new("/cache"));
    }
}
