//! `[verifik]`.

use inference::{CaptureFault, CaptureLimits};
use serde::{Deserialize, Serialize};

/// The Verifik dialect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifikConfig {
    /// Whether it is served.
    pub enabled: bool,
    /// Whether its `/demo` routes are.
    pub demo_routes: bool,
    /// Which body an expired token gets.
    pub expired_token: ExpiredToken,
    /// Which shape `search-active-user` answers in.
    pub search_active_user: ActiveUserAnswer,
    /// Capture faults that refuse a picture.
    pub capture_rejects: Vec<CaptureFaultName>,
    /// What the liveness routes ask of a picture.
    pub capture: CaptureConfig,
}

/// The two documented answers to an expired token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpiredToken {
    /// `Forbidden`, `expired_token`: what existing clients test for.
    Client,
    /// `FORBIDDEN`, `token_expired`: what the documentation says.
    Docs,
}

/// The two shapes of the answer of `search-active-user`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActiveUserAnswer {
    /// An object when the request has `liveness_min_score`, else a list.
    Auto,
    /// The persons: what the documentation says.
    List,
    /// The persons and a liveness verdict: what newer clients read.
    Object,
}

/// Limits on how a face is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureConfig {
    /// Least shorter side of the face box, in pixels.
    pub min_face: f32,
    /// Least distance from the box to each edge, in pixels.
    pub min_margin: f32,
    /// Least distance between the pupils, in pixels.
    pub min_pupils: f32,
    /// Largest absolute yaw and pitch, in degrees.
    pub max_angle: f32,
}

impl CaptureConfig {
    /// The same limits as the inference crate takes them.
    #[must_use]
    pub fn limits(&self) -> CaptureLimits {
        CaptureLimits {
            min_face: self.min_face,
            min_margin: self.min_margin,
            min_pupils: self.min_pupils,
            max_angle: self.max_angle,
        }
    }
}

/// Name of a capture fault in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureFaultName {
    /// The face reaches over the picture's edge.
    Cropped,
    /// The face fills the picture's width or height.
    TooClose,
    /// The face is nearer to an edge than the margin.
    CloseToBorder,
    /// The face or the distance between its pupils is too small.
    TooSmall,
    /// Yaw or pitch is too large.
    AngleTooLarge,
    /// Something covers nose and mouth.
    Occluded,
    /// Both eyes are closed.
    EyesClosed,
}

impl From<CaptureFaultName> for CaptureFault {
    fn from(name: CaptureFaultName) -> Self {
        match name {
            CaptureFaultName::Cropped => Self::Cropped,
            CaptureFaultName::TooClose => Self::TooClose,
            CaptureFaultName::CloseToBorder => Self::CloseToBorder,
            CaptureFaultName::TooSmall => Self::TooSmall,
            CaptureFaultName::AngleTooLarge => Self::AngleTooLarge,
            CaptureFaultName::Occluded => Self::Occluded,
            CaptureFaultName::EyesClosed => Self::EyesClosed,
        }
    }
}

impl VerifikConfig {
    /// Whether `fault` refuses a picture.
    #[must_use]
    pub fn rejects(&self, fault: CaptureFault) -> bool {
        self.capture_rejects
            .iter()
            .any(|name| CaptureFault::from(*name) == fault)
    }
}
