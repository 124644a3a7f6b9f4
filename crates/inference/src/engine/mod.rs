//! The engine: one model pack on a pool of workers.

mod pool;
mod queue;
mod work;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use ort::session::builder::PrepackedWeights;
use packs::InstalledPack;
use tokio::sync::oneshot;

use self::pool::Pool;
pub use self::queue::Lane;
pub(crate) use self::work::Work;
use crate::{
    EngineError, ImageLimits, MatchScale, Pipeline, StartError,
    models::{LoadContext, Model},
    picture,
    recent::Recent,
    runtime,
};

/// An ONNX Runtime execution provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU; needs an ONNX Runtime built with CUDA.
    Cuda,
}

impl Provider {
    /// The provider's name in the configuration: `cpu`, `cuda`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

/// A part of the work whose time is reported to the [`Observer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// File to pixels. Those of a picture that is remembered are decoded in whichever stage asks for them first.
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
    /// Jobs that may wait; 0 means 16 and one per worker. One more is [`EngineError::Busy`].
    pub queue: usize,
    /// How long what was found out about a picture is kept for the lane that sent it; 0: not at all.
    pub remember: Duration,
    /// Longest processor time of one job of a lane that is not shared; `None`: any.
    pub job_time: Option<Duration>,
    /// Bounds on pictures.
    pub limits: ImageLimits,
    /// Told the time of each stage.
    pub observer: Option<Observer>,
}

/// One model in use.
#[derive(Debug, Clone)]
pub struct ModelInfo {
    /// Its role: `detector`, `embedder`, `confirm`, `landmarks`, `liveness`, `eyes`, `pose`.
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

/// The worker pool; cloning shares it. The workers stop when the last clone goes, after the jobs that wait.
#[derive(Clone)]
pub struct Engine {
    pool: Arc<Pool>,
    info: Arc<EngineInfo>,
    scale: Arc<MatchScale>,
    recent: Option<Arc<Recent>>,
    job_time: Option<Duration>,
}

/// Tells the worker when whoever waits for a job goes away.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Jobs that may wait besides one per worker when the configuration does not say. So many that hardly a burst at four fifths of what
/// can be done is refused, and so few that whoever is let in at five times that waits at most twice as long (simulated for 2 to 16
/// workers; the one measurement is in docs/BENCHMARKS.md).
const QUEUE: usize = 16;

impl Engine {
    /// Loads the runtime and the pack's models, starts the workers and warms every model up.
    ///
    /// # Errors
    /// Every [`StartError`], each with one sentence that says what to do.
    pub fn start(pack: &InstalledPack, config: &EngineConfig) -> Result<Self, StartError> {
        let environment = runtime::environment(config.onnxruntime.as_deref())?;
        let workers = match config.workers {
            0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        };
        let queue = match config.queue {
            0 => workers + QUEUE,
            n => n,
        };
        let prepacked: BTreeMap<String, PrepackedWeights> = pack
            .files
            .keys()
            .map(|key| (key.clone(), PrepackedWeights::new()))
            .collect();
        let mut context = LoadContext {
            environment: &environment,
            pack,
            provider: config.provider,
            prepacked: &prepacked,
            batch: None,
        };
        // A GPU is quicker with as many faces at a time as there are.
        if config.provider == Provider::Cpu {
            context.batch = Model::batch_dimension(&context, &pack.manifest.embedder.file)?;
        }
        let recent = Recent::new(config.remember, workers).map(Arc::new);
        let pipelines = (0..workers)
            .map(|_| {
                let observer = config.observer.clone();
                let mut pipeline =
                    Pipeline::load(&context, config.limits, observer, recent.clone())?;
                pipeline.warm_up().map_err(|error| StartError::Model {
                    file: pack.manifest.name.clone(),
                    reason: error.to_string(),
                })?;
                Ok(pipeline)
            })
            .collect::<Result<Vec<_>, StartError>>()?;
        let info = Arc::new(describe(pack, config.provider, workers, queue));
        let pool = Pool::start(pipelines, queue, prepacked.into_values().collect())?;
        let scale = Arc::new(MatchScale::new(&pack.manifest.embedder.calibration));
        Ok(Self {
            pool: Arc::new(pool),
            info,
            scale,
            recent,
            job_time: config.job_time,
        })
    }

    /// Runs `job` on a worker thread, in a lane that many share, for which nothing is remembered and which has any time. A panic in it is
    /// caught and costs this job only. If the caller goes away, the job is skipped when its turn comes, or ends with its next operation.
    ///
    /// # Errors
    /// [`EngineError::Busy`] when the queue is full; [`EngineError::Panicked`]; [`EngineError::Stopped`].
    pub async fn run<R, F>(&self, job: F) -> Result<R, EngineError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Pipeline) -> R + Send + 'static,
    {
        self.run_for(Lane::default(), job).await
    }

    /// As [`Engine::run`], in the lane of whoever asks: whoever has taken least of the workers lately goes first, and in a full queue a lane
    /// with fewer jobs takes the place of one with more. Between the operations of a job, others that have taken clearly less go first.
    ///
    /// # Errors
    /// As [`Engine::run`]; `Busy` may come when the job has waited for a while; [`EngineError::TooLong`].
    pub async fn run_for<R, F>(&self, lane: Lane, job: F) -> Result<R, EngineError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Pipeline) -> R + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let gone = Arc::new(AtomicBool::new(false));
        let _waiting = Waiting(Arc::clone(&gone));
        let time = self.job_time.filter(|_| lane != Lane::default());
        let job = move |pipeline: Option<&mut Pipeline>| {
            if answer.is_closed() {
                return;
            }
            let done = match pipeline {
                None => Err(EngineError::Busy),
                Some(pipeline) => {
                    pipeline.work.begin(lane, gone, time);
                    let done = job(pipeline);
                    match pipeline.work.was_interrupted() {
                        true => Err(EngineError::TooLong),
                        false => Ok(done),
                    }
                }
            };
            // Nobody listens any more: the result is dropped.
            let _ = answer.send(done);
        };
        self.pool.submit(lane, Box::new(job))?;
        // The sender goes away without a word only when the job panicked.
        result.await.map_err(|_| EngineError::Panicked)?
    }

    /// What the engine really uses.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// Which cosine has which score, for this pack's templates.
    #[must_use]
    pub fn match_scale(&self) -> &Arc<MatchScale> {
        &self.scale
    }

    /// Forgets what was remembered of pictures for long enough, and gives back the memory of large ones; to be called now and then, whether
    /// anybody asks or not.
    pub fn forget(&self) {
        picture::forget_spare();
        if let Some(recent) = &self.recent {
            recent.forget();
        }
    }

    /// Pictures of which something is remembered now.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.recent.as_ref().map_or(0, |recent| recent.pictures())
    }

    /// Jobs waiting now.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.pool.waiting()
    }
}

fn describe(pack: &InstalledPack, provider: Provider, workers: usize, queue: usize) -> EngineInfo {
    let sha256 = |key: &str| {
        pack.files
            .get(key)
            .map(|file| file.sha256.clone())
            .unwrap_or_default()
    };
    let manifest = &pack.manifest;
    EngineInfo {
        pack: manifest.name.clone(),
        onnxruntime: runtime::version(),
        models: manifest
            .roles()
            .filter(|(_, key)| pack.files.contains_key(*key))
            .map(|(role, key)| ModelInfo {
                role,
                name: key.to_owned(),
                sha256: sha256(key),
                provider: provider.name(),
            })
            .collect(),
        embedder: sha256(&manifest.embedder.file),
        dimension: manifest.embedder.dimension,
        simd: runtime::simd(),
        workers,
        queue,
    }
}
