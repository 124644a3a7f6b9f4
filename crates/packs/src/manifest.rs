//! The manifest: which models a pack has, how each is fed, and which files may stand for it.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Calibration, Conversion, FileEntry, LivenessCalibration, PackError, Package};

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
    /// Says of what the detector is not sure of whether it is a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// Places the five landmarks better than the detector does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmarks: Option<Landmarks>,
    /// Makes templates.
    pub embedder: Embedder,
    /// Tells live faces from attacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<LivenessRole>,
    /// Tells open eyes from closed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eyes: Option<Eyes>,
    /// Estimates the head's pose; without it the five landmarks do, coarsely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<Pose>,
    /// The files by key; a role names its file by this key.
    pub files: BTreeMap<String, FileEntry>,
    /// Packages that hold models in another format, by key; an artefact names its package by this key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, Package>,
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
    /// MediaPipe's BlazeFace (back camera): `scores_16`, `boxes_16`, `scores_32`, `boxes_32`; two and six anchors a cell. Its landmarks
    /// are coarse and lack the mouth's corners: a landmark model belongs to it.
    Blazeface,
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

/// The role of the model that confirms faces: the crop is cut as [`Landmarks`] says, the output the probability that it shows a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Side of its square input, in pixels.
    pub size: u32,
    /// Side of the crop, in longer sides of the detector's box.
    pub crop: f32,
    /// It is asked about detections with a score below this.
    pub below: f32,
    /// Least probability of a face.
    pub least: f32,
}

/// The landmark model's role: a square crop around the detector's box, rotated so that the eye line is level. Its output is x and y of
/// dlib's 68 points in turn, as fractions of the crop's side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmarks {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Side of its square input, in pixels.
    pub size: u32,
    /// Side of the crop, in longer sides of the detector's box.
    pub crop: f32,
}

/// Where the five landmarks lie in the aligned face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// ArcFace's 112 x 112 template.
    Arcface,
    /// dlib's 150 x 150 template.
    Dlib,
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
    /// Every template is the mean over the face and its mirror image, however little effort is asked for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mirror: bool,
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

/// What a classifier's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scores {
    /// Logits, one a class, for a softmax.
    #[default]
    Logits,
    /// Probabilities: softmax or sigmoid is inside.
    Probabilities,
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
    /// Index of the live class in its output.
    pub live: usize,
    /// What its output is.
    #[serde(default)]
    pub scores: Scores,
}

/// The liveness ensemble's role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessRole {
    /// The models; their live probabilities are averaged.
    pub models: Vec<LivenessModel>,
    /// A face whose shorter side is below this many pixels is too small for a verdict.
    pub min_face: f32,
    /// Slightly shifted crops that each model's probability is averaged over, 1 to [`LivenessRole::MOST_CROPS`].
    #[serde(default = "one")]
    pub crops: usize,
    /// From raw mean to score.
    pub calibration: LivenessCalibration,
}

impl LivenessRole {
    /// Most crops that can be averaged.
    pub const MOST_CROPS: usize = 5;
}

fn one() -> usize {
    1
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

/// The pose model's role: the detector's box, cut at the picture's edges and stretched to a square. Its three outputs are degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pose {
    /// Key of its file.
    pub file: String,
    /// How it is fed.
    pub tensor: Tensor,
    /// Side of its square input, in pixels.
    pub size: u32,
    /// Name of the output that is positive for a head turned towards the picture's right.
    pub yaw: String,
    /// Name of the output that is positive for a lowered head.
    pub pitch: String,
    /// Name of the output that is positive for a head tilted clockwise as seen.
    pub roll: String,
}

pub(crate) fn is_false(value: &bool) -> bool {
    !*value
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
        let crops = manifest.liveness.as_ref().map_or(1, |role| role.crops);
        if !(1..=LivenessRole::MOST_CROPS).contains(&crops) {
            return Err(format!(
                "liveness.crops must be from 1 to {}, not {crops}",
                LivenessRole::MOST_CROPS
            ));
        }
        for (role, key) in manifest.roles() {
            if role != "pose" && manifest.files.get(key).is_some_and(|file| file.optional) {
                return Err(format!(
                    "the file {key:?} is optional, but the role {role} cannot do without it"
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
        for (key, conversion) in manifest.conversions() {
            if !manifest.packages.contains_key(&conversion.package) {
                return Err(format!(
                    "the file {key:?} comes from the package {:?}, which [packages] does not have",
                    conversion.package
                ));
            }
        }
        match manifest.embedder.calibration.fault() {
            Some(fault) => Err(fault),
            None => Ok(manifest),
        }
    }

    /// Every conversion, with the key of the file that comes of it.
    pub fn conversions(&self) -> impl Iterator<Item = (&str, &Conversion)> {
        self.files.iter().flat_map(|(key, file)| {
            let conversions = file
                .artefacts
                .iter()
                .filter_map(|artefact| artefact.convert.as_ref());
            conversions.map(move |conversion| (key.as_str(), conversion))
        })
    }

    /// Each role with the key of its file: `detector`, `embedder`, `confirm`, `landmarks`, `liveness` (once a model), `eyes`, `pose`.
    pub fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let liveness = self
            .liveness
            .iter()
            .flat_map(|role| &role.models)
            .map(|model| ("liveness", model.file.as_str()));
        let eyes = self.eyes.iter().map(|eyes| ("eyes", eyes.file.as_str()));
        let pose = self.pose.iter().map(|pose| ("pose", pose.file.as_str()));
        let confirm = self
            .confirm
            .iter()
            .map(|role| ("confirm", role.file.as_str()));
        let landmarks = self
            .landmarks
            .iter()
            .map(|role| ("landmarks", role.file.as_str()));
        [
            ("detector", self.detector.file.as_str()),
            ("embedder", self.embedder.file.as_str()),
        ]
        .into_iter()
        .chain(confirm)
        .chain(landmarks)
        .chain(liveness)
        .chain(eyes)
        .chain(pose)
    }
}
