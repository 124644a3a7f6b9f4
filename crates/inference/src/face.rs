//! What the detector says of one face, and which face of a picture is meant.

use crate::{BoundingBox, Point};

/// One detected face, in pixels of the upright original picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// The detector's box; may reach over the picture's edges.
    pub bbox: BoundingBox,
    /// Eye on the picture's left, eye on its right, nose tip, mouth corner left, mouth corner right.
    pub landmarks: [Point; 5],
    /// The detector's confidence, 0 to 1.
    pub score: f32,
}

/// Which faces count where one face is asked for.
#[derive(Debug, Clone, Copy)]
pub struct FaceRules {
    /// A second face counts as comparable (and the picture is refused) from this fraction of the main face's height on.
    pub comparable: f32,
}

impl Default for FaceRules {
    fn default() -> Self {
        Self { comparable: 0.7 }
    }
}
