//! Model packs: their manifests (TOML), and what of them is installed on disk.
//!
//! A pack is a folder with a `pack.toml` (the [`Manifest`]) and the files it names. The repository's `models/*.toml` are the
//! manifests that ship; set-up copies one into the models folder beside the files it fetched. A folder made by hand works
//! the same way, so a pack can be added without recompiling.

mod calibration;
mod digest;
mod error;
mod files;
mod installed;
mod manifest;
mod places;
mod rewrite;

pub use calibration::{Anchor, Calibration, LivenessCalibration};
pub use digest::{sha256_of_bytes, sha256_of_file};
pub use error::PackError;
pub use files::{Artefact, Conversion, FileEntry, Network, Package};
pub use installed::{InstalledFile, InstalledPack, MANIFEST_FILE};
pub use manifest::{
    Channels, Confirm, CropRule, Decoder, Detector, Embedder, Eyes, Landmarks, LivenessModel,
    LivenessRole, Manifest, Pose, Scores, Template, Tensor,
};
pub use places::{
    CACHE, CACHE_VARIABLE, DEFAULT_PACK, FALLBACK_PACK, MODELS, Places, preferred as preferred_pack,
};
pub use rewrite::{with_calibration, with_liveness_calibration, with_own_calibrations};
