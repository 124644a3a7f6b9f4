//! Pieces that several answers share: the stored document that clients read, scores, quality.

use inference::{CaptureFault, FaceError, Finding, Quality};
use serde::Serialize;
use store::ClientId;
use utoipa::ToSchema;

use super::envelope::Stamp;
use service::{Call, LivenessVerdict, Recorded};

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SearchMode {
    /// One look.
    Fast,
    /// The picture and its mirror image, and a second look for faces.
    Accurate,
}

impl From<SearchMode> for inference::Effort {
    fn from(mode: SearchMode) -> Self {
        match mode {
            SearchMode::Fast => Self::Fast,
            SearchMode::Accurate => Self::Accurate,
        }
    }
}

/// What every stored document has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Document {
    /// Id of the audit record, 24 hex digits.
    #[serde(rename = "_id")]
    #[schema(example = "65171e23640f7872b17ed99d", pattern = "^[0-9a-f]{24}$")]
    id: String,
    /// Always 0.
    #[serde(rename = "__v")]
    version: u32,
    /// Kind of the document: `liveness`, `compare`, `compareLive`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The account, 24 hex digits.
    #[schema(value_type = String)]
    client: Option<ClientId>,
    /// Always `success`.
    status: &'static str,
    /// Always false.
    deleted: bool,
    #[serde(rename = "createdAt")]
    created_at: Stamp,
    #[serde(rename = "updatedAt")]
    updated_at: Stamp,
}

impl Document {
    /// The document of a recorded answer.
    pub(super) fn of<T>(kind: &'static str, call: &Call, recorded: &Recorded<T>) -> Self {
        Self {
            id: recorded.id.to_string(),
            version: 0,
            kind,
            client: call.client,
            status: "success",
            deleted: false,
            created_at: Stamp(recorded.at),
            updated_at: Stamp(recorded.at),
        }
    }
}

/// A liveness verdict.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct LivenessResult {
    /// 0 (an attack) to 1 (live), 4 decimals; 0.5 is the equal-error point of what was measured.
    #[schema(minimum = 0, maximum = 1)]
    pub(super) liveness_score: f64,
    /// The limit that was asked for.
    pub(super) min_score: f64,
    /// Whether the score is above the limit.
    pub(super) passed: bool,
}

impl From<&LivenessVerdict> for LivenessResult {
    fn from(verdict: &LivenessVerdict) -> Self {
        Self {
            liveness_score: verdict.score.rounded(),
            min_score: verdict.min_score,
            passed: verdict.passed,
        }
    }
}

/// Extension: how the face was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct QualityReport {
    /// 0 (useless) to 1 (good).
    overall: f64,
    /// Shorter side of the face box, in pixels.
    face_size: f64,
    /// Distance between the pupils, in pixels.
    pupil_distance: f64,
    /// The face box's width or height as a fraction of the picture's, whichever is less.
    face_share: f64,
    /// From the face box to the nearest edge, in pixels; negative when it reaches over it.
    margin: f64,
    /// The same to each edge: left, top, right, bottom.
    margins: [f64; 4],
    /// Head turned, in degrees, positive towards the picture's right.
    yaw: f64,
    /// Head raised, in degrees, positive up.
    pitch: f64,
    /// Head tilted, in degrees, positive clockwise as seen.
    roll: f64,
    /// 0 (blurred) to 1 (sharp).
    sharpness: f64,
    /// Mean luminance of the face, 0 (black) to 1 (white).
    brightness: f64,
    /// The light on the cheek on the picture's left in multiples of that on its right.
    light_balance: f64,
    /// Probability that something covers nose and mouth.
    covered: f64,
    /// Probability that the eye on the picture's left, and right, is open; null when the model pack cannot tell.
    eyes_open: Option<[f64; 2]>,
    /// Capture requirements that are not met: `multiple_faces_detected`, `face_close_to_border`, `face_too_close`, `face_too_far`,
    /// `face_rotation_too_large`, `face_occluded`, `eyes_closed`, `face_blurred`, `poor_lighting`.
    warnings: Vec<&'static str>,
    /// Each of them with its figures, and what to do.
    advice: Vec<Advice>,
}

/// Extension: a capture requirement that is not met.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Advice {
    /// One of `warnings`.
    reason: &'static str,
    /// What was measured: pixels, degrees (signed), or a figure of `quality`.
    measured: f64,
    /// What is allowed at most, or needed at least.
    limit: f64,
    /// What to do. Directions are those of the picture.
    #[schema(example = "move closer: the pupils are 31 px apart, 50 needed")]
    remedy: String,
}

impl From<&Finding> for Advice {
    fn from(finding: &Finding) -> Self {
        Self {
            reason: reason_of_fault(finding.fault),
            measured: unit(finding.measured),
            limit: unit(finding.limit),
            remedy: finding.remedy(),
        }
    }
}

impl QualityReport {
    /// How the face of a verdict was taken.
    pub(super) fn of(verdict: &LivenessVerdict) -> Self {
        Self::new(&verdict.quality, &verdict.findings)
    }

    /// `quality` and what it breaks.
    pub(super) fn new(quality: &Quality, findings: &[Finding]) -> Self {
        Self {
            overall: unit(quality.overall),
            face_size: tenth(quality.face_size),
            pupil_distance: tenth(quality.pupil_distance),
            face_share: unit(quality.face_share),
            margin: tenth(quality.margin),
            margins: quality.margins.map(tenth),
            yaw: tenth(quality.yaw),
            pitch: tenth(quality.pitch),
            roll: tenth(quality.roll),
            sharpness: unit(quality.sharpness),
            brightness: unit(quality.brightness),
            light_balance: unit(quality.light_balance),
            covered: unit(quality.covered),
            eyes_open: quality.eyes_open.map(|eyes| eyes.map(unit)),
            warnings: reasons(findings),
            advice: findings.iter().map(Advice::from).collect(),
        }
    }
}

/// The contract's names of what a face breaks, each once.
pub(super) fn reasons(findings: &[Finding]) -> Vec<&'static str> {
    let mut names: Vec<_> = findings
        .iter()
        .map(|finding| reason_of_fault(finding.fault))
        .collect();
    names.dedup();
    names
}

/// The contract's name of a capture fault; it has none for a blurred face.
fn reason_of_fault(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::SeveralFaces => "multiple_faces_detected",
        CaptureFault::Cropped | CaptureFault::CloseToBorder => "face_close_to_border",
        CaptureFault::TooClose => "face_too_close",
        CaptureFault::TooSmall => "face_too_far",
        CaptureFault::AngleTooLarge => "face_rotation_too_large",
        CaptureFault::Occluded => "face_occluded",
        CaptureFault::EyesClosed => "eyes_closed",
        CaptureFault::Blurred => "face_blurred",
        CaptureFault::TooDark | CaptureFault::TooBright | CaptureFault::UnevenLight => {
            "poor_lighting"
        }
    }
}

/// The contract's name of what is wrong with the faces of a picture.
pub(super) fn reason_of_error(error: &FaceError) -> &'static str {
    match error {
        FaceError::NoFace => "no_face_detected",
        FaceError::MultipleFaces(_) => "multiple_faces_detected",
        FaceError::TooSmall { .. } => "face_too_far",
        FaceError::Decode(_) | FaceError::NoLivenessModel | FaceError::Inference(_) => {
            "liveness_error"
        }
    }
}

/// A figure of 0 to 1, with 4 decimals.
pub(super) fn unit(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}

/// Pixels or degrees, with 1 decimal.
fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}
