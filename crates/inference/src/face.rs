//! What the detector says of one face, and which face of a picture is meant.

use crate::{BoundingBox, FaceError, Point};

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

impl Face {
    /// Distance between the eyes' landmarks, in pixels.
    #[must_use]
    pub fn pupil_distance(&self) -> f32 {
        self.landmarks[0].distance(self.landmarks[1])
    }
}

/// Which faces count where one face is asked for.
#[derive(Debug, Clone, Copy)]
pub struct FaceRules {
    /// A second face counts as comparable (and the picture is refused) from this fraction of the largest face's area on, 0 to 1.
    pub comparable: f32,
}

impl Default for FaceRules {
    fn default() -> Self {
        Self { comparable: 0.5 }
    }
}

impl FaceRules {
    /// The face that is meant: the largest, unless others are comparable (verifik-api section 10, contradiction 21).
    pub(crate) fn main(&self, faces: Vec<Face>) -> Result<Face, FaceError> {
        let largest = faces
            .iter()
            .map(|face| face.bbox.area())
            .fold(0.0, f32::max);
        let mut comparable: Vec<Face> = faces
            .into_iter()
            .filter(|face| face.bbox.area() >= self.comparable * largest)
            .collect();
        match (comparable.pop(), comparable.len()) {
            (None, _) => Err(FaceError::NoFace),
            (Some(face), 0) => Ok(face),
            (Some(_), others) => Err(FaceError::MultipleFaces(others + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: f32) -> Face {
        Face {
            bbox: BoundingBox {
                left: 0.0,
                top: 0.0,
                right: side,
                bottom: side,
            },
            landmarks: [Point::default(); 5],
            score: 0.8,
        }
    }

    #[test]
    fn small_background_faces_are_ignored_and_comparable_ones_are_not() {
        let rules = FaceRules { comparable: 0.5 };
        assert_eq!(
            rules
                .main(vec![square(50.0), square(100.0), square(20.0)])
                .unwrap()
                .bbox
                .right,
            100.0
        );
        assert_eq!(
            rules.main(vec![square(80.0), square(100.0), square(20.0)]),
            Err(FaceError::MultipleFaces(2))
        );
        assert_eq!(rules.main(vec![]), Err(FaceError::NoFace));
    }
}
