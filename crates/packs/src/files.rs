//! The files of a pack, and where each may come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A file of the pack, and what may stand for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// File name in the installed pack.
    pub name: String,
    /// Licence of the weights, in words.
    pub license: String,
    /// False when the licence does not allow commercial use.
    pub commercial: bool,
    /// Whose work it is: project and, where known, commit.
    pub origin: String,
    /// The pack is whole without it: set-up goes on when the file cannot be had, and what it is for is done without.
    #[serde(default, skip_serializing_if = "crate::manifest::is_false")]
    pub optional: bool,
    /// What may stand for this file; the first that can be had is installed. Empty: any file of that name is accepted (packs made by hand).
    #[serde(default)]
    pub artefacts: Vec<Artefact>,
}

/// A package of the npm registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub npm: String,
    /// Its version.
    pub version: String,
    /// Its integrity as lock files state it: `sha512-` and base64.
    pub integrity: String,
    /// Its licence file, which is installed beside the models.
    pub license: String,
}

/// A TensorFlow.js model inside a package, which set-up converts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// Key of the package.
    pub package: String,
    /// The model's `model.json` or weights manifest in the package; its weights lie beside it.
    pub model: String,
    /// What it is.
    pub network: Network,
    /// For [`Network::Graph`]: nodes to be outputs, by their names in the converted model; those that the model names when empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// For [`Network::Graph`]: the converted model takes any height and width.
    #[serde(default, skip_serializing_if = "crate::manifest::is_false")]
    pub any_size: bool,
}

/// What a TensorFlow.js model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// A graph with its topology.
    Graph,
    /// The weights of dlib's face recognition network.
    FaceRecognition,
    /// The weights of face-api's 68-point network.
    #[serde(rename = "landmarks68")]
    Landmarks68,
}

/// One concrete file: at least one of `mirror` (a name in the local mirror folder), `url` and `convert` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// SHA-256 of the model file (of the member, when `member` is given), lower-case hex.
    pub sha256: String,
    /// Its size in bytes, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its name in a mirror folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    /// Its address upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address is a zip archive, and this is the member wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The model that it is converted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convert: Option<Conversion>,
}
