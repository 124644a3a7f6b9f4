//! Where set-up puts ONNX Runtime and model packs, and how they are found again.
//!
//! A place is a folder with `models/PACK/pack.toml` and `onnxruntime/VERSION/` in it, as set-up makes it, or with `lib/`, as
//! the archive for other machines has it (`/opt/rostro`).

use std::{
    env,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

use crate::MANIFEST_FILE;

/// The pack that is meant when none is named.
pub const DEFAULT_PACK: &str = "standard";
/// The pack that takes its place where only package registries answer.
pub const FALLBACK_PACK: &str = "compact";
/// Set-up's folder, in the current folder.
pub const CACHE: &str = ".rostro";
/// Folder of packs in a place.
pub const MODELS: &str = "models";
/// The environment variable that names set-up's folder.
pub const CACHE_VARIABLE: &str = "ROSTRO_CACHE";

/// Folder of ONNX Runtime for processors in a place, and that for NVIDIA GPUs; versions are in it.
const RUNTIMES: [&str; 2] = ["onnxruntime", "onnxruntime-gpu"];

/// Places, in the order in which they are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places(Vec<PathBuf>);

impl Places {
    /// What the variable `ROSTRO_CACHE` names, the data folder `data`, `.rostro` of the current folder, the folder of this
    /// program and the one above it, `/usr/lib/rostro`, `/opt/rostro`.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let cache = env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty());
        let program = env::current_exe().ok();
        Self::ordered(cache.as_deref(), data, program.as_deref())
    }

    fn ordered(cache: Option<&OsStr>, data: &Path, program: Option<&Path>) -> Self {
        let beside = program.into_iter().flat_map(|program| {
            // `bin/rostro` of the archive has `lib` and `models` above it.
            program.ancestors().skip(1).take(2).map(Path::to_owned)
        });
        let mut places: Vec<PathBuf> = cache.map(PathBuf::from).into_iter().collect();
        places.extend([data.to_owned(), CACHE.into()]);
        places.extend(beside);
        places.extend(["/usr/lib/rostro".into(), "/opt/rostro".into()]);
        let mut all: Vec<PathBuf> = Vec::new();
        for place in places {
            if !all.contains(&place) {
                all.push(place);
            }
        }
        Self(all)
    }

    /// The first ONNX Runtime library; with `gpu` the one for NVIDIA GPUs, where a place has both.
    #[must_use]
    pub fn runtime(&self, gpu: bool) -> Option<PathBuf> {
        let mut kinds = RUNTIMES;
        if gpu {
            kinds.reverse();
        }
        self.0.iter().find_map(|place| {
            let fetched = kinds.iter().find_map(|kind| newest(&place.join(kind)));
            fetched
                .or_else(|| library(&place.join("lib")))
                .or_else(|| library(place))
        })
    }

    /// The first folder of packs that has `pack`.
    #[must_use]
    pub fn models_with(&self, pack: &str) -> Option<PathBuf> {
        let mut folders = self.0.iter().map(|place| place.join(MODELS));
        folders.find(|models| has(models, pack))
    }

    /// The first folder of packs that has one, and which of its packs to use.
    #[must_use]
    pub fn models(&self) -> Option<(PathBuf, String)> {
        self.0.iter().find_map(|place| {
            let models = place.join(MODELS);
            let pack = preferred(&models)?;
            Some((models, pack))
        })
    }
}

impl fmt::Display for Places {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self
            .0
            .iter()
            .map(|place| place.display().to_string())
            .collect();
        formatter.write_str(&names.join(", "))
    }
}

/// The pack in the folder `models` that is used when none is named: `standard`, else `compact`, else the first by name.
#[must_use]
pub fn preferred(models: &Path) -> Option<String> {
    let usual = [DEFAULT_PACK, FALLBACK_PACK];
    if let Some(pack) = usual.into_iter().find(|pack| has(models, pack)) {
        return Some(pack.to_owned());
    }
    let entries = models.read_dir().ok()?;
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| has(models, name))
        .min()
}

fn has(models: &Path, pack: &str) -> bool {
    models.join(pack).join(MANIFEST_FILE).is_file()
}

/// The library of the newest version that has one in `folder`.
fn newest(folder: &Path) -> Option<PathBuf> {
    let versions = folder.read_dir().ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let library = library(&folder.join(&name))?;
        // By number: 1.9 is older than 1.10.
        let numbers = name.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        Some((numbers.collect::<Vec<_>>(), library))
    });
    versions.max().map(|(_, library)| library)
}

/// ONNX Runtime's library in `folder`, not the providers that lie beside it.
fn library(folder: &Path) -> Option<PathBuf> {
    let entries = folder.read_dir().ok()?;
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            name.strip_prefix("libonnxruntime.").is_some_and(|rest| {
                rest == "so" || rest.starts_with("so.") || rest.ends_with("dylib")
            })
        })
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        // The longest name says which version it is; others are links to it.
        .max_by_key(|path| (path.as_os_str().len(), path.clone()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn put(place: &Path, files: &[&str]) {
        for file in files {
            let path = place.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    fn two() -> (tempfile::TempDir, PathBuf, PathBuf, Places) {
        let home = tempfile::tempdir().unwrap();
        let (first, second) = (home.path().join("first"), home.path().join("second"));
        let places = Places(vec![first.clone(), second.clone()]);
        (home, first, second, places)
    }

    #[test]
    fn the_places_are_asked_in_their_order_and_each_once() {
        let data = Path::new("/var/lib/rostro");
        let all = Places::ordered(
            Some(OsStr::new("/cache")),
            data,
            Some(Path::new("/opt/rostro/bin/rostro")),
        );
        assert_eq!(
            all.to_string(),
            "/cache, /var/lib/rostro, .rostro, /opt/rostro/bin, /opt/rostro, /usr/lib/rostro"
        );
        let plain = Places::ordered(None, Path::new("data"), None);
        assert_eq!(
            plain.to_string(),
            "data, .rostro, /usr/lib/rostro, /opt/rostro"
        );
    }

    #[test]
    fn the_runtime_of_the_first_place_that_has_one_in_its_newest_version_is_found() {
        let (_home, first, second, places) = two();
        assert_eq!(places.runtime(false), None);
        put(
            &second,
            &["lib/libonnxruntime.so.1.30.0", "lib/libonnxruntime.so"],
        );
        assert_eq!(
            places.runtime(false),
            Some(second.join("lib/libonnxruntime.so.1.30.0"))
        );
        put(
            &first,
            &[
                "onnxruntime/1.9.0/libonnxruntime.so.1.9.0",
                "onnxruntime/1.31.1/libonnxruntime.so.1.31.1",
                "onnxruntime/1.32.0/LICENSE",
                "onnxruntime/.part-x/libonnxruntime_providers_shared.so",
            ],
        );
        let found = first.join("onnxruntime/1.31.1/libonnxruntime.so.1.31.1");
        assert_eq!(places.runtime(false), Some(found.clone()));
        assert_eq!(places.runtime(true), Some(found), "better than none");
    }

    #[test]
    fn each_processor_has_its_runtime() {
        let (_home, first, _, places) = two();
        let (cpu, gpu) = (
            "onnxruntime/1.31.1/libonnxruntime.so.1.31.1",
            "onnxruntime-gpu/1.31.1/libonnxruntime.so.1.31.1",
        );
        put(&first, &[cpu, gpu]);
        assert_eq!(places.runtime(false), Some(first.join(cpu)));
        assert_eq!(places.runtime(true), Some(first.join(gpu)));
    }

    #[test]
    fn a_library_right_beside_the_program_is_found() {
        let (_home, _, second, places) = two();
        put(&second, &["rostro", "libonnxruntime.1.31.1.dylib"]);
        assert_eq!(
            places.runtime(false),
            Some(second.join("libonnxruntime.1.31.1.dylib"))
        );
    }

    #[test]
    fn a_named_pack_is_found_where_it_is_and_without_a_name_the_usual_ones_come_first() {
        let (_home, first, second, places) = two();
        assert_eq!(places.models(), None);
        put(&second, &["models/standard/pack.toml"]);
        assert_eq!(
            places.models(),
            Some((second.join("models"), "standard".to_owned()))
        );
        // Files alone are a set-up that was stopped.
        put(&first, &["models/mobilefacenet/embedder.onnx"]);
        assert_eq!(places.models_with("mobilefacenet"), None);
        put(
            &first,
            &["models/own/pack.toml", "models/mobilefacenet/pack.toml"],
        );
        assert_eq!(
            places.models(),
            Some((first.join("models"), "mobilefacenet".to_owned()))
        );
        assert_eq!(places.models_with("standard"), Some(second.join("models")));
        put(&first, &["models/compact/pack.toml"]);
        assert_eq!(preferred(&first.join("models")).as_deref(), Some("compact"));
        put(&first, &["models/standard/pack.toml"]);
        assert_eq!(
            preferred(&first.join("models")).as_deref(),
            Some("standard")
        );
    }
}
