//! Faces as `detect` and `face-validation` show them: form A (the captures) and form B (the newer documentation).

use inference::Point;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    document::{QualityReport, unit},
    matches::{PersonMatch, matches},
};
use service::{DetectedFace, Detection};

/// Form A: one face, in whole pixels of the upright picture, origin top left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FaceMatches {
    #[serde(rename = "box")]
    edges: Edges,
    /// Enrolled persons that this face may be, best first; empty when none is.
    persons: Vec<PersonMatch>,
    landmarks: LandmarkPairs,
    /// The aligned face, 112 x 112, as a JPEG in base64.
    thumbnail: String,
    /// The detector's confidence, 0 to 1.
    detection_score: f64,
    /// Extension, with `return_quality`.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<QualityReport>,
}

/// The edges of a box, clipped to the picture.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Edges {
    top: i64,
    left: i64,
    right: i64,
    bottom: i64,
}

/// Landmarks as `[x, y]`. Left and right are the picture's.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LandmarkPairs {
    nose: [i64; 2],
    left_eye: [i64; 2],
    right_eye: [i64; 2],
    left_mouth: [i64; 2],
    right_mouth: [i64; 2],
}

/// Form B: the faces of a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FaceReport {
    /// Largest first.
    pub(super) faces: Vec<ReportedFace>,
    /// How many.
    pub(super) face_count: usize,
}

/// Form B: one face.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportedFace {
    bounding_box: Rectangle,
    /// The detector's confidence, 0 to 1.
    confidence: f64,
    /// With `return_landmarks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Landmarks>,
    /// With `return_attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes>,
    /// Extension, with `return_quality`.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<QualityReport>,
}

/// A box in whole pixels of the upright picture, clipped to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rectangle {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

/// Landmarks. Left and right are the picture's; `mouth` is the middle between its corners.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Landmarks {
    left_eye: Pixel,
    right_eye: Pixel,
    nose: Pixel,
    mouth: Pixel,
}

/// A point in whole pixels.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pixel {
    x: i64,
    y: i64,
}

/// Always null: no model of this server estimates age or gender.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attributes {
    age: Option<u32>,
    gender: Option<String>,
}

/// What form B shows of each face.
#[derive(Debug, Clone, Copy)]
pub(super) struct Details {
    /// Landmarks.
    pub(super) landmarks: bool,
    /// Attributes.
    pub(super) attributes: bool,
}

impl FaceMatches {
    /// Every face of a picture.
    pub(super) fn all(detection: &Detection) -> Vec<Self> {
        detection
            .faces
            .iter()
            .map(|face| Self::new(face, detection))
            .collect()
    }

    fn new(detected: &DetectedFace, picture: &Detection) -> Self {
        let [left_eye, right_eye, nose, left_mouth, right_mouth] =
            detected.face.landmarks.map(|point| {
                let Pixel { x, y } = Pixel::from(point);
                [x, y]
            });
        Self {
            edges: picture.edges(&detected.face).into(),
            persons: matches(&detected.persons),
            landmarks: LandmarkPairs {
                nose,
                left_eye,
                right_eye,
                left_mouth,
                right_mouth,
            },
            thumbnail: detected
                .thumbnail
                .as_deref()
                .map(|jpeg| base64_simd::STANDARD.encode_to_string(jpeg))
                .unwrap_or_default(),
            detection_score: unit(detected.face.score),
            quality: quality(detected),
        }
    }
}

impl FaceReport {
    /// Every face of a picture.
    pub(super) fn new(detection: &Detection, details: Details) -> Self {
        let report = |face: &DetectedFace| ReportedFace::new(face, detection, details);
        let faces: Vec<_> = detection.faces.iter().map(report).collect();
        Self {
            face_count: faces.len(),
            faces,
        }
    }
}

impl ReportedFace {
    fn new(detected: &DetectedFace, picture: &Detection, details: Details) -> Self {
        let face = &detected.face;
        let edges = picture.edges(face);
        let [left_eye, right_eye, nose, left_mouth, right_mouth] = face.landmarks;
        Self {
            bounding_box: Rectangle {
                x: edges.left,
                y: edges.top,
                width: edges.right - edges.left,
                height: edges.bottom - edges.top,
            },
            confidence: unit(face.score),
            landmarks: details.landmarks.then(|| Landmarks {
                left_eye: left_eye.into(),
                right_eye: right_eye.into(),
                nose: nose.into(),
                mouth: left_mouth.midpoint(right_mouth).into(),
            }),
            attributes: details.attributes.then_some(Attributes {
                age: None,
                gender: None,
            }),
            quality: quality(detected),
        }
    }
}

fn quality(detected: &DetectedFace) -> Option<QualityReport> {
    let (quality, findings) = detected.quality.as_ref()?;
    Some(QualityReport::new(quality, findings))
}

impl From<service::Edges> for Edges {
    fn from(edges: service::Edges) -> Self {
        Self {
            top: edges.top,
            left: edges.left,
            right: edges.right,
            bottom: edges.bottom,
        }
    }
}

impl From<Point> for Pixel {
    fn from(point: Point) -> Self {
        Self {
            x: point.x.round() as i64,
            y: point.y.round() as i64,
        }
    }
}
