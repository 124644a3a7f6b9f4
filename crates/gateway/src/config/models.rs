//! `[models]` and `[inference]`.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::duration;

/// Which models.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// Folder of the installed packs.
    pub dir: PathBuf,
    /// The pack in use.
    pub pack: String,
}

impl ModelsConfig {
    /// Folder of the pack in use.
    #[must_use]
    pub fn pack_dir(&self) -> PathBuf {
        self.dir.join(&self.pack)
    }
}

/// How the models run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceConfig {
    /// The ONNX Runtime library; empty means `ORT_DYLIB_PATH`.
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
