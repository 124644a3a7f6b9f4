//! `[images]` and `[faces]`.

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

/// Limits on pictures.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesConfig {
    /// Largest file.
    pub max_bytes: ByteSize,
    /// Largest picture, in pixels.
    pub max_pixels: u64,
    /// Faces of one picture that are looked at closer.
    pub max_faces: usize,
}

impl ImagesConfig {
    /// The same limits as the inference crate takes them.
    #[must_use]
    pub fn limits(&self) -> inference::ImageLimits {
        inference::ImageLimits {
            max_bytes: usize::try_from(self.max_bytes.as_u64()).unwrap_or(usize::MAX),
            max_pixels: self.max_pixels,
            max_faces: self.max_faces,
        }
    }
}

/// Which faces count where one is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacesConfig {
    /// Fraction of the largest face's area from which on another face is comparable to it.
    pub comparable: f32,
    /// Of at most this many comparable faces the one over the picture's centre is meant; 0: never.
    pub central_among: usize,
    /// Whether an enrolled face is kept with a margin, for a later change of the model pack.
    pub keep_crop: bool,
    /// Score from which on somebody who is enrolled already is told as a look-alike of who is being enrolled; 0: never.
    pub look_alike_score: f64,
}

impl FacesConfig {
    /// The same rules as the inference crate takes them.
    #[must_use]
    pub fn rules(&self) -> inference::FaceRules {
        inference::FaceRules {
            comparable: self.comparable,
            central_among: self.central_among,
        }
    }
}
