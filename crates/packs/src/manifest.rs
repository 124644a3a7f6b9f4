//! The manifest: which models a pack has, how each is fed, and which files may stand for it.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Calibration, LivenessCalibration, PackError};

/// A model pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name of the pack: what `models.pack` says.
    pub name: String,
    /// One sentence: what it is good for.
    pub summary: String,
    /// A loud warning shown at start, for example on a non-commercial licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// Finds faces.
    pub detector: Detector,
    /// Makes templates.
    pub embedder: Embedder,
    /// Tells live faces from attacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<LivenessRole>,
    /// Tells open eyes from closed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eyes: Option<Eyes>,
    /// The files by key; a role names its file by this key.
    pub files: BTreeMap<String, FileEntry>,
}

/// Order of the colour channels in a model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// How pixels become a tensor: `(pixel - mean) * scale`, pixel 0 to 255, planes in the order of `channels`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Channel order.
    pub channels: Channels,
    /// Subtracted from each pixel value.
    pub mean: f32,
    /// Multiplied afterwards.
    pub scale: f32,
}

/// How a detector's outputs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoder {
    /// libfacedetection's YuNet: `cls`, `obj`, `bbox`, `kps` per stride, by name.
    Yunet,
    /// InsightFace's SCRFD with landmarks: nine outputs in order, two anchors a cell.
    Scrfd,
}

/// The detector's role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Key of its file.
    pub file: String,
    /// How its outputs are read.
    pub decoder: Decoder,
    /// How it is fed.
    pub tensor: Tensor,
    /// Least score of a face, 0 to 1.
    pub score: f32,
    /// Boxes that overlap a better one by more than this (IoU) are dropped.
    pub nms: f32,
    /// Width and height when the model takes only one size; absent when it takes any multiple of 32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<[u32; 2]>,
}

/// Where the five landmarks lie in the aligned face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// ArcFace's 112 x 112 template.
    Arcface,
}

/// The embedding model's role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedder {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Alignment template; also fixes the input size.
    pub template: Template,
    /// Length of its output.
    pub dimension: usize,
    /// Measured meaning of its cosines.
    pub calibration: Calibration,
}

/// How a liveness model's crop is cut from the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum CropRule {
    /// MiniFASNet: the face box enlarged this many times about its centre, shrunk and shifted to lie inside the picture.
    Inside(f32),
}

/// One model of the liveness ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessModel {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Side of its square input, in pixels.
    pub size: u32,
    /// How its crop is cut.
    pub crop: CropRule,
    /// Index of the live class among its logits.
    pub live: usize,
}

/// The liveness ensemble's role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessRole {
    /// The models; their live probabilities are averaged.
    pub models: Vec<LivenessModel>,
    /// A face whose shorter side is below this many pixels is too small for a verdict.
    pub min_face: f32,
    /// From raw mean to score.
    pub calibration: LivenessCalibration,
}

/// The eye model's role: a square crop around each eye, side 0.6 x the distance between the eyes, rotated so that the eye line is level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eyes {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Side of its square input, in pixels.
    pub size: u32,
    /// Index of the open class among its probabilities.
    pub open: usize,
}

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
    /// What may stand for this file; the first that can be had is installed. Empty: any file of that name is accepted (packs made by hand).
    #[serde(default)]
    pub artefacts: Vec<Artefact>,
}

/// One concrete file: either `mirror` (a name in the local mirror folder) or `url` is given, or both.
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
}

impl Manifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    /// [`PackError::Missing`] when there is none, [`PackError::Io`], [`PackError::Manifest`].
    pub fn load(path: &Path) -> Result<Self, PackError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                PackError::Missing(path.parent().unwrap_or(path).to_owned())
            }
            _ => PackError::Io {
                path: path.to_owned(),
                source,
            },
        })?;
        Self::parse(&text).map_err(|reason| PackError::Manifest {
            path: path.to_owned(),
            reason,
        })
    }

    /// Reads a manifest's text and checks what the types do not.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for key in manifest.roles().map(|(_, key)| key) {
            if !manifest.files.contains_key(key) {
                return Err(format!(
                    "a role names the file {key:?}, which [files] does not have"
                ));
            }
        }
        for (key, file) in &manifest.files {
            if file.name.is_empty() || file.name.contains(['/', '\\']) || file.name.starts_with('.')
            {
                return Err(format!(
                    "the file {key:?} has a name that is not a plain file name"
                ));
            }
        }
        match manifest.embedder.calibration.fault() {
            Some(fault) => Err(fault),
            None => Ok(manifest),
        }
    }

    /// Each role with the key of its file: `detector`, `embedder`, `liveness` (once a model), `eyes`.
    pub fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let liveness = self
            .liveness
            .iter()
            .flat_map(|role| &role.models)
            .map(|model| ("liveness", model.file.as_str()));
        let eyes = self.eyes.iter().map(|eyes| ("eyes", eyes.file.as_str()));
        [
            ("detector", self.detector.file.as_str()),
            ("embedder", self.embedder.file.as_str()),
        ]
        .into_iter()
        .chain(liveness)
        .chain(eyes)
    }
}
