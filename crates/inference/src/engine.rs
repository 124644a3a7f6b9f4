//! The worker pool.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{EngineError, ImageLimits, Pipeline, StartError};

/// An ONNX Runtime execution provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU; needs an ONNX Runtime built with CUDA.
    Cuda,
}

/// A part of the work whose time is reported to the [`Observer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// File to pixels.
    Decode,
    /// Pixels to faces.
    Detect,
    /// Faces to aligned crops.
    Align,
    /// Aligned crops to templates.
    Embed,
    /// Crops to a liveness score.
    Liveness,
    /// Quality, pose, eyes.
    Quality,
}

impl Stage {
    /// Name for metrics and benches: `decode`, `detect`, `align`, `embed`, `liveness`, `quality`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Detect => "detect",
            Self::Align => "align",
            Self::Embed => "embed",
            Self::Liveness => "liveness",
            Self::Quality => "quality",
        }
    }
}

/// Told the time each stage took, from the worker's thread.
pub type Observer = Arc<dyn Fn(Stage, Duration) + Send + Sync>;

/// How to run the models.
#[derive(Clone, Default)]
pub struct EngineConfig {
    /// The ONNX Runtime library; `None` means `ORT_DYLIB_PATH`.
    pub onnxruntime: Option<PathBuf>,
    /// Where the models run.
    pub provider: Provider,
    /// Worker threads; 0 means one per core.
    pub workers: usize,
    /// Jobs that may wait; 0 means 16 per worker. One more is [`EngineError::Busy`].
    pub queue: usize,
    /// Bounds on pictures.
    pub limits: ImageLimits,
    /// Told the time of each stage.
    pub observer: Option<Observer>,
}

/// One model in use.
#[derive(Debug, Clone)]
pub struct ModelInfo {
    /// Its role: `detector`, `embedder`, `liveness`, `eyes`.
    pub role: &'static str,
    /// Its file's key in the manifest.
    pub name: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Execution provider that it really runs on.
    pub provider: &'static str,
}

/// What an engine really uses.
#[derive(Debug, Clone)]
pub struct EngineInfo {
    /// Name of the pack.
    pub pack: String,
    /// Version of the loaded ONNX Runtime.
    pub onnxruntime: String,
    /// Every model in use.
    pub models: Vec<ModelInfo>,
    /// Identity of the embedding model: SHA-256 of its file, hex. Templates are stored with it.
    pub embedder: String,
    /// Length of its templates.
    pub dimension: usize,
    /// SIMD features found at run time, for example `avx2`, `avx512-vnni`.
    pub simd: Vec<&'static str>,
    /// Worker threads.
    pub workers: usize,
    /// Jobs that may wait.
    pub queue: usize,
}

/// The worker pool; cloning shares it.
#[derive(Clone)]
pub struct Engine {}

#[allow(missing_docs, clippy::todo, unused_variables, clippy::unused_async)]
impl Engine {
    /// Loads the runtime and the pack's models, starts the workers and warms every model up.
    ///
    /// # Errors
    /// Every [`StartError`], each with one sentence that says what to do.
    pub fn start(pack: &packs::InstalledPack, config: &EngineConfig) -> Result<Self, StartError> {
        todo!()
    }

    /// Runs `job` on a worker thread. A panic in it is caught and costs this job only. If the caller goes away, the job
    /// is skipped when its turn comes.
    ///
    /// # Errors
    /// [`EngineError::Busy`] at once when the queue is full; [`EngineError::Panicked`]; [`EngineError::Stopped`].
    pub async fn run<R, F>(&self, job: F) -> Result<R, EngineError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Pipeline) -> R + Send + 'static,
    {
        todo!()
    }

    /// What the engine really uses.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        todo!()
    }

    /// Jobs waiting now.
    #[must_use]
    pub fn queued(&self) -> usize {
        todo!()
    }
}
