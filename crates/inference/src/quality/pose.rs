//! Head pose from five landmarks: a weak-perspective fit of a mean face.

use crate::Point;

/// Angles in degrees, as in [`crate::Quality`].
pub(super) struct Pose {
    pub(super) yaw: f32,
    pub(super) pitch: f32,
    pub(super) roll: f32,
}

/// The mean face: x to the picture's right, y down, z towards the camera; units of the distance between the eyes, origin
/// between them. Depths of nose and mouth are fitted to the reference poses.
const FACE: [[f32; 3]; 5] = [
    [-0.5, 0.0, 0.0],
    [0.5, 0.0, 0.0],
    [0.0, 0.57, 0.55],
    [-0.41, 1.15, 0.12],
    [0.41, 1.15, 0.12],
];

/// The pose in which the mean face projects onto `landmarks`.
pub(super) fn estimate(landmarks: &[Point; 5]) -> Pose {
    let [left, right, nose, mouth_left, mouth_right] = *landmarks;
    let eyes = left.midpoint(right);
    let mouth = mouth_left.midpoint(mouth_right);
    let roll = (right.y - left.y).atan2(right.x - left.x);
    // Turn the face upright; then yaw shifts the nose sideways against the eye-mouth line, pitch moves it up and down on it.
    let upright = |p: Point| {
        let (x, y) = (p.x - eyes.x, p.y - eyes.y);
        (
            x * roll.cos() + y * roll.sin(),
            y * roll.cos() - x * roll.sin(),
        )
    };
    let (nose_x, nose_y) = upright(nose);
    let (mouth_x, mouth_y) = upright(mouth);
    // The scale comes from whichever of the two spans the rotation shortens less.
    let width = left.distance(right);
    let height = mouth_x.hypot(mouth_y) / FACE[3][1];
    let scale = width.max(height).max(f32::EPSILON);
    let nose_depth = FACE[2][2];
    let along = FACE[2][1] / FACE[3][1];
    let sideways = (nose_x - mouth_x * along) / scale;
    // At rest the nose stands at `along` of the way to the mouth; the mouth's own depth moves with the pitch as well.
    let upward = (mouth_y * along - nose_y) / scale;
    let lever = nose_depth - FACE[3][2] * along;
    let angle = |shift: f32| (shift / lever).clamp(-1.0, 1.0).asin().to_degrees();
    Pose {
        yaw: angle(sideways),
        pitch: angle(upward),
        roll: roll.to_degrees(),
    }
}
