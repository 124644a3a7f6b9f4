//! Tests on real models and pictures. They need `ROSTRO_MODELS_MIRROR` (a folder with the model files), `ROSTRO_FACES` (the
//! labelled pictures) and an ONNX Runtime (`ORT_DYLIB_PATH`); without them they say so and check nothing.

mod behaviour;
mod doctor;
mod large;
mod lies;
mod pose;
mod quick;
mod reference;
mod remember;
mod turns;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use packs::{InstalledFile, InstalledPack, MANIFEST_FILE, Manifest, sha256_of_file};

use crate::{
    DecodedImage, ImageBytes, ImageLimits, Pipeline, Provider, models::LoadContext,
    picture::Detail, runtime,
};

/// Where the test data lies.
pub(crate) struct Data {
    pub(crate) models: PathBuf,
    pub(crate) faces: PathBuf,
}

/// The test data, or a loud word that the test is skipped.
pub(crate) fn data() -> Option<Data> {
    let folder = |variable: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_dir())
    };
    let found = (
        folder("ROSTRO_MODELS_MIRROR"),
        folder("ROSTRO_FACES"),
        std::env::var_os("ORT_DYLIB_PATH"),
    );
    let (Some(models), Some(faces), Some(_)) = found else {
        eprintln!("SKIPPED: needs ROSTRO_MODELS_MIRROR, ROSTRO_FACES and ORT_DYLIB_PATH");
        return None;
    };
    Some(Data { models, faces })
}

/// The installed pack `compact` and the labelled pictures, or a loud word that the test is skipped.
pub(crate) fn compact() -> Option<(Pipeline, PathBuf)> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let pack = folder("ROSTRO_TEST_MODELS").map(|models| models.join("compact"));
    match (
        pack,
        folder("ROSTRO_FACES"),
        std::env::var_os("ORT_DYLIB_PATH"),
    ) {
        (Some(pack), Some(faces), Some(_))
            if pack.join(MANIFEST_FILE).is_file() && faces.is_dir() =>
        {
            Some((pipeline(&InstalledPack::open(&pack).unwrap()), faces))
        }
        _ => {
            eprintln!(
                "SKIPPED: needs the pack compact in ROSTRO_TEST_MODELS, ROSTRO_FACES and ORT_DYLIB_PATH"
            );
            None
        }
    }
}

impl Data {
    /// A pack from the mirror's files, by manifest text, after `change`.
    pub(crate) fn pack(&self, manifest: &str, change: impl FnOnce(&mut Manifest)) -> InstalledPack {
        let mut manifest = Manifest::parse(manifest).unwrap();
        change(&mut manifest);
        let used: Vec<String> = manifest.roles().map(|(_, key)| key.to_owned()).collect();
        let files: BTreeMap<String, InstalledFile> = used
            .into_iter()
            .map(|key| {
                // A key without an entry is a mirror file's name.
                let artefact = manifest
                    .files
                    .get(&key)
                    .and_then(|entry| entry.artefacts.iter().find_map(|a| a.mirror.clone()));
                let path = self.models.join(artefact.unwrap_or_else(|| key.clone()));
                let sha256 = sha256_of_file(&path).unwrap();
                (key, InstalledFile { path, sha256 })
            })
            .collect();
        InstalledPack {
            dir: self.models.clone(),
            manifest,
            files,
        }
    }

    pub(crate) fn standard(&self) -> Pipeline {
        pipeline(&self.pack(STANDARD, |_| {}))
    }

    pub(crate) fn bytes(&self, file: &str) -> ImageBytes {
        read(&self.faces.join(file))
    }

    pub(crate) fn image(&self, file: &str) -> DecodedImage {
        crate::picture::decode(&self.bytes(file), Detail::Usual, &ImageLimits::default())
            .unwrap_or_else(|error| panic!("{file}: {error}"))
    }
}

pub(crate) const STANDARD: &str = include_str!("../../../../models/standard.toml");

pub(crate) fn read(path: &Path) -> ImageBytes {
    ImageBytes::new(std::fs::read(path).unwrap(), &ImageLimits::default()).unwrap()
}

pub(crate) fn pipeline(pack: &InstalledPack) -> Pipeline {
    let environment = runtime::environment(None).unwrap();
    let context = LoadContext {
        environment: &environment,
        pack,
        provider: Provider::Cpu,
        prepacked: &BTreeMap::new(),
        batch: None,
    };
    Pipeline::load(&context, ImageLimits::default(), None, None).unwrap()
}
