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

/// Which face is meant where one is asked for (verifik-api section 10, contradiction 21).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceRules {
    /// A face counts as comparable to the largest from this fraction of its area on, 0 to 1.
    pub comparable: f32,
    /// Of at most this many comparable faces, the one over the picture's centre is meant: a portrait with somebody beside.
    /// 0 refuses every picture with comparable faces.
    pub central_among: usize,
}

impl Default for FaceRules {
    fn default() -> Self {
        Self {
            comparable: 0.5,
            central_among: 3,
        }
    }
}

impl FaceRules {
    /// The same rules, but comparable faces are never put up with: whose liveness is judged, or who is enrolled, must be beyond doubt.
    #[must_use]
    pub fn strict(self) -> Self {
        Self {
            central_among: 0,
            ..self
        }
    }

    /// The largest face, and how many are comparable to it, itself included.
    ///
    /// # Errors
    /// [`FaceError::NoFace`].
    pub fn largest(&self, faces: Vec<Face>) -> Result<(Face, usize), FaceError> {
        let largest = faces
            .iter()
            .max_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area()))
            .cloned()
            .ok_or(FaceError::NoFace)?;
        let least = self.comparable * largest.bbox.area();
        let comparable = faces.iter().filter(|face| face.bbox.area() >= least);
        let count = comparable.count();
        Ok((largest, count))
    }

    /// The face that is meant in a picture with this centre, in pixels.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::MultipleFaces`].
    pub fn main(&self, faces: Vec<Face>, center: Point) -> Result<Face, FaceError> {
        let largest = faces
            .iter()
            .map(|face| face.bbox.area())
            .fold(0.0, f32::max);
        let mut comparable: Vec<Face> = faces
            .into_iter()
            .filter(|face| face.bbox.area() >= self.comparable * largest)
            .collect();
        let count = comparable.len();
        if count > 1 && count <= self.central_among {
            comparable.retain(|face| face.bbox.contains(center));
        }
        match (comparable.pop(), comparable.is_empty()) {
            (Some(face), true) => Ok(face),
            (None, _) if count == 0 => Err(FaceError::NoFace),
            _ => Err(FaceError::MultipleFaces(count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f32, side: f32) -> Face {
        let bbox = BoundingBox {
            left,
            top: 100.0,
            right: left + side,
            bottom: 100.0 + side,
        };
        Face {
            bbox,
            landmarks: [Point::default(); 5],
            score: 0.8,
        }
    }

    #[test]
    fn small_background_faces_are_ignored_and_comparable_ones_are_not() {
        let rules = FaceRules::default().strict();
        let main = |faces| rules.main(faces, Point::new(150.0, 150.0));
        assert_eq!(
            main(vec![square(0.0, 50.0), square(100.0, 100.0)])
                .unwrap()
                .bbox
                .left,
            100.0
        );
        assert_eq!(
            main(vec![square(0.0, 80.0), square(100.0, 100.0)]),
            Err(FaceError::MultipleFaces(2))
        );
        assert_eq!(main(vec![]), Err(FaceError::NoFace));
    }

    #[test]
    fn the_largest_face_is_told_with_how_many_are_like_it() {
        let faces = vec![square(0.0, 80.0), square(100.0, 100.0), square(200.0, 50.0)];
        let (largest, count) = FaceRules::default().largest(faces).unwrap();
        assert_eq!((largest.bbox.left, count), (100.0, 2));
        assert_eq!(FaceRules::default().largest(vec![]), Err(FaceError::NoFace));
    }

    #[test]
    fn a_portrait_with_somebody_beside_is_the_one_in_the_middle() {
        let main = |faces| FaceRules::default().main(faces, Point::new(150.0, 150.0));
        assert_eq!(
            main(vec![square(0.0, 110.0), square(105.0, 100.0)])
                .unwrap()
                .bbox
                .left,
            105.0
        );
        assert_eq!(
            main(vec![square(0.0, 100.0), square(200.0, 100.0)]),
            Err(FaceError::MultipleFaces(2)),
            "nobody in the middle"
        );
        assert_eq!(
            main(vec![square(90.0, 100.0), square(110.0, 100.0)]),
            Err(FaceError::MultipleFaces(2)),
            "two in the middle"
        );
        let row = (0..5)
            .map(|i| square(-100.0 + 100.0 * i as f32, 98.0))
            .collect();
        assert_eq!(main(row), Err(FaceError::MultipleFaces(5)), "a group");
    }
}
