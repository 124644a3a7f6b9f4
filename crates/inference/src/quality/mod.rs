//! Quality and head pose of one face.

mod cover;
mod light;
mod pose;

pub(crate) use pose::HeadPose;

use crate::{
    DecodedImage, Face,
    align::{AlignedFace, SIDE},
};

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
    /// The face box's width or height as a fraction of the picture's, whichever is less.
    pub face_share: f32,
    /// Smallest distance from the face box to an edge of the picture, in pixels; negative when the box reaches over it.
    pub margin: f32,
    /// The same to each edge: left, top, right, bottom.
    pub margins: [f32; 4],
    /// Head turned about the vertical axis, in degrees, positive towards the picture's right. By the pack's pose model, or an estimate from five landmarks.
    pub yaw: f32,
    /// Head raised, in degrees, positive up; likewise.
    pub pitch: f32,
    /// Head tilted in the picture's plane, in degrees, positive clockwise as seen in the picture; likewise.
    pub roll: f32,
    /// 0 (blurred) to 1 (sharp).
    pub sharpness: f32,
    /// Mean luminance of the face, 0 (black) to 1 (white).
    pub brightness: f32,
    /// The light on the cheek on the picture's left in multiples of that on its right; below 1 when the right one is the brighter.
    pub light_balance: f32,
    /// Probability that something covers nose and mouth, 0 to 1.
    pub covered: f32,
    /// Probability that the eye is open, for the eye on the picture's left and right; absent when the pack has no eye model.
    pub eyes_open: Option<[f32; 2]>,
}

/// Pupil distance from which more pixels bring nothing to a 112 x 112 template (its own is 35).
const ENOUGH_PUPILS: f32 = 40.0;
/// Laplacian variance at which an aligned face counts as half sharp.
const HALF_SHARP: f32 = 60.0;

/// Everything but the eyes, which need a model; so does `pose`, which the landmarks stand in for.
pub(crate) fn measure(
    image: &DecodedImage,
    face: &Face,
    aligned: &AlignedFace,
    pose: Option<HeadPose>,
) -> Quality {
    let luminance = aligned.luminance();
    let variance = laplacian_variance(&luminance);
    let sharpness = variance / (variance + HALF_SHARP);
    let brightness = luminance.iter().sum::<f32>() / luminance.len().max(1) as f32 / 255.0;
    let pose = pose.unwrap_or_else(|| pose::estimate(&face.landmarks));
    let pupil_distance = face.pupil_distance();
    let frontal = pose.yaw.to_radians().cos().max(0.0) * pose.pitch.to_radians().cos().max(0.0);
    let resolution = (pupil_distance / ENOUGH_PUPILS).clamp(0.0, 1.0);
    // 1 between 0.25 and 0.8, falling to 0 at black and at white.
    let exposure = (brightness / 0.25)
        .min((1.0 - brightness) / 0.2)
        .clamp(0.0, 1.0);
    let overall =
        (face.score.clamp(0.0, 1.0) * resolution * frontal * frontal * sharpness.sqrt() * exposure)
            .clamp(0.0, 1.0);
    let margins = margins(image, face);
    Quality {
        overall,
        detection: face.score,
        pupil_distance,
        face_size: face.bbox.width().min(face.bbox.height()),
        face_share: share(image, face),
        margin: margins.into_iter().fold(f32::INFINITY, f32::min),
        margins,
        yaw: pose.yaw,
        pitch: pose.pitch,
        roll: pose.roll,
        sharpness,
        brightness,
        light_balance: light::balance(&luminance),
        covered: cover::probability(aligned, &luminance),
        eyes_open: None,
    }
}

fn share(image: &DecodedImage, face: &Face) -> f32 {
    let width = face.bbox.width() / image.width() as f32;
    let height = face.bbox.height() / image.height() as f32;
    width.min(height)
}

fn margins(image: &DecodedImage, face: &Face) -> [f32; 4] {
    let right = image.width() as f32 - face.bbox.right;
    let bottom = image.height() as f32 - face.bbox.bottom;
    [face.bbox.left, face.bbox.top, right, bottom]
}

/// Variance of the 4-neighbour Laplacian over the inner part of the aligned face, where no background shows.
fn laplacian_variance(luminance: &[f32]) -> f32 {
    let side = SIDE as usize;
    let inner = side / 5..side - side / 5;
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for y in inner.clone() {
        for x in inner.clone() {
            let at = y * side + x;
            let value = f64::from(
                luminance[at - side] + luminance[at + side] + luminance[at - 1] + luminance[at + 1]
                    - 4.0 * luminance[at],
            );
            sum += value;
            squares += value * value;
            count += 1.0;
        }
    }
    ((squares - sum * sum / count) / count) as f32
}
