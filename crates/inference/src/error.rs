//! The errors of this crate. None of them knows HTTP; the gateway maps each to its dialects' answers.

use std::path::PathBuf;

/// Why bytes did not become a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes at all.
    #[error("the picture is empty")]
    Empty,
    /// More bytes than the limit.
    #[error("the picture has {bytes} bytes, {limit} are allowed")]
    TooManyBytes {
        /// Size of the file.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// More pixels than the limit; found in the header, before anything was allocated.
    #[error("the picture has {width} x {height} pixels, {limit} pixels are allowed")]
    TooManyPixels {
        /// Width in the header.
        width: u32,
        /// Height in the header.
        height: u32,
        /// The limit in force, in pixels.
        limit: u64,
    },
    /// Not one of the formats that are read.
    #[error("not a JPEG, PNG, WebP, BMP, GIF or TIFF picture")]
    UnknownFormat,
    /// The file ends before the picture does.
    #[error("the picture is cut off")]
    Truncated,
    /// The decoder refused the file.
    #[error("the picture cannot be decoded")]
    Corrupt,
    /// There is no memory for its pixels now.
    #[error("there is not enough memory for the picture")]
    NoMemory,
    /// The job is not to go on: its time is up, or nobody waits for it. The engine answers [`EngineError::TooLong`] in its place.
    #[error("the job was interrupted")]
    Interrupted,
}

/// Why a picture gave no face to work with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FaceError {
    /// The bytes are not a picture.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No face was found.
    #[error("no face detected")]
    NoFace,
    /// Several faces of comparable size where one is asked for.
    #[error("{0} faces of comparable size detected")]
    MultipleFaces(usize),
    /// The face is smaller than the liveness models can judge.
    #[error("the face is {size:.0} px wide, {least:.0} px are needed")]
    TooSmall {
        /// Shorter side of the face box, in pixels.
        size: f32,
        /// The pack's limit.
        least: f32,
    },
    /// The pack has no liveness models.
    #[error("the model pack has no liveness models")]
    NoLivenessModel,
    /// A model failed on an input that should have been good.
    #[error("inference failed: {0}")]
    Inference(String),
}

/// Why a job gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The queue is full; worth trying again in a moment.
    #[error("the inference queue is full")]
    Busy,
    /// The job took more processor time than one may.
    #[error("the inference job took too long")]
    TooLong,
    /// The job panicked. Its worker goes on with the next job.
    #[error("the inference job failed")]
    Panicked,
    /// The engine is shutting down.
    #[error("the inference engine has stopped")]
    Stopped,
}

/// Why the engine did not start; each message is one sentence for an operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No ONNX Runtime library at the configured place.
    #[error(
        "ONNX Runtime was not found{}: run `rostro setup`, or set inference.onnxruntime (or ORT_DYLIB_PATH) to the path of libonnxruntime.so",
        .0.as_ref().map(|path| format!(" at {}", path.display())).unwrap_or_default()
    )]
    RuntimeMissing(Option<PathBuf>),
    /// A library was found, but it cannot be used.
    #[error("the ONNX Runtime at {path} cannot be used: {reason}")]
    RuntimeUnusable {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The pack on disk is not usable.
    #[error(transparent)]
    Pack(#[from] packs::PackError),
    /// A model file does not load, or is not what the manifest says.
    #[error("the model {file} cannot be used: {reason}")]
    Model {
        /// The file's key in the manifest.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The configured execution provider is not there.
    #[error(
        "the execution provider {0} was asked for in inference.provider, but ONNX Runtime does not offer it here"
    )]
    ProviderMissing(String),
    /// A worker thread could not be started.
    #[error("a worker thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}
