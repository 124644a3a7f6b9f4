//! `[models]` and `[inference]`.

use std::{path::PathBuf, time::Duration};

use packs::{MANIFEST_FILE, Places};
use serde::{Deserialize, Serialize};

use super::{Config, duration};

/// The variable that names ONNX Runtime where no setting does.
const RUNTIME_VARIABLE: &str = "ORT_DYLIB_PATH";

/// Which models.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// Folder of the installed packs; empty until [`Config::find_installed`] found one.
    pub dir: PathBuf,
    /// The pack in use; empty as `dir`.
    pub pack: String,
}

impl ModelsConfig {
    /// Folder of the pack in use.
    #[must_use]
    pub fn pack_dir(&self) -> PathBuf {
        self.dir.join(&self.pack)
    }
}

/// What a command needs that opens models is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotInstalled {
    /// No ONNX Runtime.
    #[error(
        "ONNX Runtime was not found: looked in {0}; `rostro setup` fetches it, or set inference.onnxruntime (or ORT_DYLIB_PATH) to the path of libonnxruntime.so"
    )]
    Runtime(String),
    /// No pack at all.
    #[error(
        "no model pack was found: looked in {0} (models.dir); `rostro setup` fetches one, or set models.dir and models.pack"
    )]
    Packs(String),
    /// Not the pack that is asked for.
    #[error(
        "the model pack {pack:?} was not found: looked in {places} (models.dir); `rostro setup --pack {pack}` fetches it if it is one that ships"
    )]
    Pack {
        /// Its name.
        pack: String,
        /// Where it would have been seen.
        places: String,
    },
}

impl Config {
    /// Fills in what the settings leave open (`models.dir`, `models.pack`, `inference.onnxruntime`) with what `rostro setup` or
    /// the archive put down. What is not found stays open: not every command needs it.
    pub fn find_installed(&mut self) {
        let places = Places::of(&self.server.data);
        self.find_in(&places, runtime_is_named());
    }

    fn find_in(&mut self, places: &Places, runtime_is_named: bool) {
        let models = &mut self.models;
        let open = (models.dir.as_os_str().is_empty(), models.pack.is_empty());
        match open {
            (true, true) => {
                if let Some(found) = places.models() {
                    (models.dir, models.pack) = found;
                }
            }
            (true, false) => models.dir = places.models_with(&models.pack).unwrap_or_default(),
            (false, true) => models.pack = packs::preferred_pack(&models.dir).unwrap_or_default(),
            (false, false) => (),
        }
        let inference = &mut self.inference;
        if inference.onnxruntime.as_os_str().is_empty() && !runtime_is_named {
            let gpu = inference.provider == ProviderName::Cuda;
            inference.onnxruntime = places.runtime(gpu).unwrap_or_default();
        }
    }

    /// Whether the pack in use was found; its files are not looked at.
    ///
    /// # Errors
    /// [`NotInstalled`], which says where it was looked for.
    pub fn demand_pack(&self) -> Result<(), NotInstalled> {
        let models = &self.models;
        let places = match models.dir.as_os_str().is_empty() {
            true => Places::of(&self.server.data).to_string(),
            false => models.dir.display().to_string(),
        };
        if models.pack.is_empty() {
            return Err(NotInstalled::Packs(places));
        }
        let there =
            !models.dir.as_os_str().is_empty() && models.pack_dir().join(MANIFEST_FILE).is_file();
        there.then_some(()).ok_or(NotInstalled::Pack {
            pack: models.pack.clone(),
            places,
        })
    }

    /// Whether ONNX Runtime was found or is named; also the pack.
    ///
    /// # Errors
    /// [`NotInstalled`], which says where it was looked for.
    pub fn demand_models(&self) -> Result<(), NotInstalled> {
        if self.inference.onnxruntime.as_os_str().is_empty() && !runtime_is_named() {
            return Err(NotInstalled::Runtime(
                Places::of(&self.server.data).to_string(),
            ));
        }
        self.demand_pack()
    }
}

fn runtime_is_named() -> bool {
    std::env::var_os(RUNTIME_VARIABLE).is_some_and(|path| !path.is_empty())
}

/// How the models run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceConfig {
    /// The ONNX Runtime library; empty means `ORT_DYLIB_PATH`, or that [`Config::find_installed`] found none.
    pub onnxruntime: PathBuf,
    /// Where the models run.
    pub provider: ProviderName,
    /// Worker threads; 0 means one per core.
    pub workers: usize,
    /// Requests that may wait; 0 means 16 and one per worker.
    pub queue: usize,
    /// Longest processor time of one request's pictures.
    #[serde(with = "duration")]
    pub job_time: Duration,
    /// How long what was found out about a picture is kept for the account that sent it; 0: not at all.
    #[serde(with = "duration")]
    pub remember: Duration,
}

/// Name of an execution provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderName {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl From<ProviderName> for inference::Provider {
    fn from(name: ProviderName) -> Self {
        match name {
            ProviderName::Cpu => Self::Cpu,
            ProviderName::Cuda => Self::Cuda,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A data folder with what set-up puts down, and settings that name it.
    fn installed(packs: &[&str]) -> (tempfile::TempDir, Config) {
        let data = tempfile::tempdir().unwrap();
        for pack in packs {
            let folder = data.path().join("models").join(pack);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(MANIFEST_FILE), "").unwrap();
        }
        let runtime = data.path().join("onnxruntime/1.31.1");
        fs::create_dir_all(&runtime).unwrap();
        fs::write(runtime.join("libonnxruntime.so.1.31.1"), "").unwrap();
        let mut config = Config::defaults().unwrap();
        config.server.data = data.path().to_owned();
        (data, config)
    }

    fn found(config: &mut Config, runtime_is_named: bool) {
        let places = Places::of(&config.server.data);
        config.find_in(&places, runtime_is_named);
    }

    #[test]
    fn what_is_left_open_is_found() {
        let (data, mut config) = installed(&["compact"]);
        found(&mut config, false);
        assert_eq!(config.models.dir, data.path().join("models"));
        assert_eq!(config.models.pack, "compact");
        assert!(config.inference.onnxruntime.starts_with(data.path()));
        assert_eq!(config.demand_models(), Ok(()));
    }

    #[test]
    fn what_is_set_stays() {
        let (data, mut config) = installed(&["compact", "own"]);
        config.models.pack = "own".to_owned();
        config.inference.onnxruntime = "/of/mine.so".into();
        found(&mut config, false);
        assert_eq!(config.models.pack_dir(), data.path().join("models/own"));
        assert_eq!(config.inference.onnxruntime.as_os_str(), "/of/mine.so");

        let (data, mut config) = installed(&["compact"]);
        config.models.dir = data.path().join("elsewhere");
        found(&mut config, true);
        assert_eq!(config.models.dir, data.path().join("elsewhere"));
        assert_eq!(
            config.inference.onnxruntime.as_os_str(),
            "",
            "the variable names it"
        );
        let refused = config.demand_pack().unwrap_err().to_string();
        assert!(refused.contains("elsewhere (models.dir)"), "{refused}");
    }

    #[test]
    fn what_is_not_there_is_told_with_the_places_that_were_looked_at() {
        let (data, mut config) = installed(&["compact"]);
        config.models.pack = "standard-of-nowhere".to_owned();
        found(&mut config, false);
        let refused = config.demand_pack().unwrap_err().to_string();
        for part in [
            "standard-of-nowhere",
            &data.path().display().to_string(),
            ".rostro",
            "/opt/rostro",
            "rostro setup",
        ] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
    }
}
