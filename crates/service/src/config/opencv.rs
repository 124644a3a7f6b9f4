//! `[opencv_onpremise]` and `[opencv_cloud]`.

use std::time::Duration;

use inference::CaptureFault;
use serde::{Deserialize, Serialize};

use super::{CaptureConfig, duration};

/// The on-premise dialect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpencvOnpremiseConfig {
    /// Whether it is served.
    pub enabled: bool,
    /// Longest time for one `PUT /persons`.
    #[serde(with = "duration")]
    pub bulk_timeout: Duration,
    /// Least liveness score of a live face.
    pub liveness_min_score: f64,
    /// Capture faults that refuse a picture where liveness is asked for.
    pub capture_rejects: Vec<CaptureFault>,
    /// Least side of a face that liveness sees at all, as a fraction of the picture's same side.
    pub detectable_face: f32,
    /// What liveness asks of a picture.
    pub capture: CaptureConfig,
}

/// The cloud dialect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpencvCloudConfig {
    /// Whether it is served.
    pub enabled: bool,
    /// Capture faults that refuse a picture of the routes with liveness.
    pub capture_rejects: Vec<CaptureFault>,
    /// What liveness asks of a picture.
    pub capture: CaptureConfig,
}
