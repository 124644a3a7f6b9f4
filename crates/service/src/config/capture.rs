//! How a face should be taken: `capture` of each dialect, `[enrolment]` and `[quality]`.

use inference::{CaptureFault, CaptureLimits, LightLimits};
use serde::{Deserialize, Serialize};

/// Limits on how a face is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureConfig {
    /// Least shorter side of the face box, in pixels.
    pub min_face: f32,
    /// Least width and height of the face box, as fractions of the picture's; 0: any.
    pub min_face_share: f32,
    /// Least distance from the box to each edge, in pixels.
    pub min_margin: f32,
    /// Least distance between the pupils, in pixels.
    pub min_pupils: f32,
    /// Largest absolute yaw and pitch, in degrees.
    pub max_angle: f32,
    /// Largest absolute roll, in degrees.
    pub max_roll: f32,
}

impl CaptureConfig {
    /// The same limits as the inference crate takes them, with those on light and focus.
    #[must_use]
    pub fn limits(&self, quality: &QualityConfig) -> CaptureLimits {
        CaptureLimits {
            min_face: self.min_face,
            min_face_share: self.min_face_share,
            min_margin: self.min_margin,
            min_pupils: self.min_pupils,
            max_angle: self.max_angle,
            max_roll: self.max_roll,
            light: LightLimits {
                min_sharpness: quality.min_sharpness,
                min_brightness: quality.min_brightness,
                max_brightness: quality.max_brightness,
                max_contrast: quality.max_contrast,
            },
        }
    }
}

/// Limits on light and focus, which all dialects share.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityConfig {
    /// Least sharpness, 0 to 1.
    pub min_sharpness: f32,
    /// Least mean luminance of the face, 0 to 1.
    pub min_brightness: f32,
    /// Largest mean luminance of the face, 0 to 1.
    pub max_brightness: f32,
    /// Largest light on one cheek in multiples of that on the other.
    pub max_contrast: f32,
}

/// What enrolment asks of a picture, in every dialect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentConfig {
    /// Capture faults that refuse a picture; the others are warnings.
    pub rejects: Vec<CaptureFault>,
    /// How the face should be taken.
    pub capture: CaptureConfig,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_called_alike_in_settings_and_answers() {
        for name in [
            CaptureFault::SeveralFaces,
            CaptureFault::Cropped,
            CaptureFault::TooClose,
            CaptureFault::CloseToBorder,
            CaptureFault::TooSmall,
            CaptureFault::AngleTooLarge,
            CaptureFault::Occluded,
            CaptureFault::EyesClosed,
            CaptureFault::Blurred,
            CaptureFault::TooDark,
            CaptureFault::TooBright,
            CaptureFault::UnevenLight,
        ] {
            let written = serde_json::to_value(name).unwrap();
            assert_eq!(written, name.name());
        }
    }
}
