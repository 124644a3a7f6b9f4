//! Head pose from five landmarks: where the nose stands against the line from the eyes to the mouth.
//!
//! Coarse: on the reference's ten turned heads the yaw is off by 7 degrees on average; the pitch shows the direction and about
//! half of the angle, because how far a nose is from the eyes differs from face to face.

use crate::Point;

/// Angles in degrees, as in [`crate::Quality`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadPose {
    pub(crate) yaw: f32,
    pub(crate) pitch: f32,
    pub(crate) roll: f32,
}

// The mean face in units of the distance between the eyes, fitted to the reference poses.
/// How far the nose's tip is below the eyes.
const NOSE_DOWN: f32 = 0.64;
/// How far the mouth is below the eyes.
const MOUTH_DOWN: f32 = 1.2;
/// How far the nose's tip stands out in front of the eyes and the mouth.
const NOSE_OUT: f32 = 0.7;

/// The pose that moves the mean face's nose to where `landmarks` have it.
pub(super) fn estimate(landmarks: &[Point; 5]) -> HeadPose {
    let [left, right, nose, mouth_left, mouth_right] = *landmarks;
    let eyes = left.midpoint(right);
    let mouth = mouth_left.midpoint(mouth_right);
    let roll = (right.y - left.y).atan2(right.x - left.x);
    let upright = |p: Point| {
        let (x, y) = (p.x - eyes.x, p.y - eyes.y);
        (
            x * roll.cos() + y * roll.sin(),
            y * roll.cos() - x * roll.sin(),
        )
    };
    let (nose_x, nose_y) = upright(nose);
    let (mouth_x, mouth_y) = upright(mouth);
    // Yaw shortens the eyes' distance, pitch the mouth's: the scale comes from the one that is shortened less.
    let scale = left
        .distance(right)
        .max(mouth_x.hypot(mouth_y) / MOUTH_DOWN)
        .max(f32::EPSILON);
    let rest = NOSE_DOWN / MOUTH_DOWN;
    let angle = |shift: f32| {
        (shift / scale / NOSE_OUT)
            .clamp(-1.0, 1.0)
            .asin()
            .to_degrees()
    };
    HeadPose {
        yaw: angle(nose_x - mouth_x * rest),
        pitch: angle(mouth_y * rest - nose_y),
        roll: roll.to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRONTAL: [Point; 5] = [
        Point::new(-50.0, 0.0),
        Point::new(50.0, 0.0),
        Point::new(0.0, 64.0),
        Point::new(-40.0, 120.0),
        Point::new(40.0, 120.0),
    ];

    fn rotated(points: [Point; 5], degrees: f32, scale: f32) -> [Point; 5] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        points.map(|p| {
            Point::new(
                scale * (p.x * cos - p.y * sin) + 300.0,
                scale * (p.x * sin + p.y * cos) + 200.0,
            )
        })
    }

    #[test]
    fn the_mean_face_looks_straight_ahead() {
        let pose = estimate(&FRONTAL);
        assert!(
            pose.yaw.abs() < 0.1 && pose.pitch.abs() < 0.1 && pose.roll.abs() < 0.1,
            "{pose:?}"
        );
    }

    #[test]
    fn a_nose_to_the_right_is_a_turn_to_the_right_and_a_raised_one_looks_up() {
        let mut turned = FRONTAL;
        turned[2] = Point::new(30.0, 44.0);
        let pose = estimate(&turned);
        assert!(pose.yaw > 20.0 && pose.pitch > 10.0, "{pose:?}");
    }

    proptest! {
        #[test]
        fn turning_the_picture_turns_only_the_roll(degrees in -80.0..80.0f32, scale in 0.1..10.0f32, nose_x in -30.0..30.0f32) {
            let mut face = FRONTAL;
            face[2].x = nose_x;
            let (still, turned) = (estimate(&face), estimate(&rotated(face, degrees, scale)));
            prop_assert!((turned.roll - degrees).abs() < 0.1);
            prop_assert!((turned.yaw - still.yaw).abs() < 0.2 && (turned.pitch - still.pitch).abs() < 0.2);
        }

        #[test]
        fn any_landmarks_give_an_angle(values in prop::array::uniform10(-1e4..1e4f32)) {
            let pose = estimate(&std::array::from_fn(|i| Point::new(values[2 * i], values[2 * i + 1])));
            prop_assert!(pose.yaw.abs() <= 90.0 && pose.pitch.abs() <= 90.0 && pose.roll.abs() <= 180.0);
        }
    }
}
