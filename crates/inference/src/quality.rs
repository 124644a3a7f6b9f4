//! Quality and head pose of one face.

/// Figures about one face and how it was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Overall quality, 0 (useless) to 1 (good), from the figures below.
    pub overall: f32,
    /// The detector's confidence, 0 to 1.
    pub detection: f32,
    /// Distance between the pupils' landmarks, in pixels.
    pub pupil_distance: f32,
    /// Shorter side of the face box, in pixels.
    pub face_size: f32,
    /// Smallest distance from the face box to an edge of the picture, in pixels; negative when the box reaches over it.
    pub margin: f32,
    /// Head turned about the vertical axis, in degrees, positive towards the picture's right. An estimate.
    pub yaw: f32,
    /// Head raised, in degrees, positive up. An estimate.
    pub pitch: f32,
    /// Head tilted in the picture's plane, in degrees, positive clockwise as seen in the picture.
    pub roll: f32,
    /// 0 (blurred) to 1 (sharp).
    pub sharpness: f32,
    /// Mean luminance of the face, 0 (black) to 1 (white).
    pub brightness: f32,
    /// Probability that the eye is open, for the eye on the picture's left and right; absent when the pack has no eye model.
    pub eyes_open: Option<[f32; 2]>,
}
