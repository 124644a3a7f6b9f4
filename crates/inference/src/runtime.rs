//! The ONNX Runtime shared library, loaded once a process.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use ort::environment::Environment;

use crate::StartError;

/// The environment variable that names the library when the configuration does not.
const PATH_VARIABLE: &str = "ORT_DYLIB_PATH";

static LOADED: Mutex<Option<Environment>> = Mutex::new(None);
static FILE: OnceLock<PathBuf> = OnceLock::new();

/// The process's ONNX Runtime environment, loading the library at `configured` (or where `ORT_DYLIB_PATH` says) the first time.
pub(crate) fn environment(configured: Option<&Path>) -> Result<Environment, StartError> {
    let mut loaded = LOADED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let path = locate(configured)?;
    let unusable = |reason: String| StartError::RuntimeUnusable {
        path: path.clone(),
        reason,
    };
    let environment = ort::init_from(&path)
        .map_err(|error| unusable(error.to_string()))?
        .with_name("rostro")
        .with_telemetry(false)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    // Set once, under the lock: nobody else can have been first.
    let _ = FILE.set(path.clone());
    *loaded = Some(environment.clone());
    Ok(environment)
}

fn locate(configured: Option<&Path>) -> Result<PathBuf, StartError> {
    let path = configured
        .map(Path::to_owned)
        .or_else(|| {
            std::env::var_os(PATH_VARIABLE)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
        .ok_or(StartError::RuntimeMissing(None))?;
    // The loader takes a relative path as relative to the executable; an operator means the current folder.
    path.canonicalize()
        .map_err(|_| StartError::RuntimeMissing(Some(path)))
}

/// Version of the loaded library, for example `1.31.1`: its file's name has it, its build information not always.
pub(crate) fn version() -> String {
    let file = FILE
        .get()
        .and_then(|path| path.file_name())
        .and_then(|name| name.to_str());
    let named = file
        .and_then(|name| name.split_once(".so."))
        .map(|(_, version)| version);
    let built = ort::info()
        .split("git-branch=rel-")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    named.or(built).unwrap_or("of unknown version").to_owned()
}

/// SIMD features of this processor that ONNX Runtime's and our own kernels can use.
pub(crate) fn simd() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        (
            "avx512-vnni",
            std::arch::is_x86_feature_detected!("avx512vnni"),
        ),
    ];
    #[cfg(target_arch = "aarch64")]
    let found = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        (
            "dotprod",
            std::arch::is_aarch64_feature_detected!("dotprod"),
        ),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let found: [(&'static str, bool); 0] = [];
    found
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}
