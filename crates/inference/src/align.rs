//! Alignment: the similarity transform that brings five landmarks onto a model's template.

use packs::Template;

use crate::{
    DecodedImage, Point,
    picture::{Affine, warp},
};

/// Side of the face aligned to ArcFace's template, in pixels: that of thumbnails and quality figures, whatever the pack.
pub(crate) const SIDE: u32 = 112;

/// ArcFace's template: eyes, nose, mouth corners in the 112 x 112 aligned face.
const ARCFACE: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];

/// dlib's template: where the mean of its 68 points lies in the 150 x 150 face, reduced to the same five.
const DLIB: [Point; 5] = [
    Point::new(47.5, 46.6),
    Point::new(100.5, 46.6),
    Point::new(74.0, 76.6),
    Point::new(50.4, 103.0),
    Point::new(97.6, 103.0),
];

/// Side of the face aligned to `template`, in pixels.
pub(crate) fn side(template: Template) -> u32 {
    match template {
        Template::Arcface => SIDE,
        Template::Dlib => 150,
    }
}

/// An aligned face.
#[derive(Clone)]
pub(crate) struct AlignedFace {
    /// Width and height, in pixels.
    pub(crate) side: u32,
    /// RGB bytes.
    pub(crate) rgb: Vec<u8>,
}

impl AlignedFace {
    /// The face as its mirror image.
    pub(crate) fn mirrored(&self) -> Self {
        let row = self.side as usize * 3;
        let lines = self.rgb.chunks_exact(row);
        Self {
            side: self.side,
            rgb: lines
                .flat_map(|line| line.chunks_exact(3).rev().flatten().copied())
                .collect(),
        }
    }

    /// Mean luminance of each pixel (BT.601), 0 to 255.
    pub(crate) fn luminance(&self) -> Vec<f32> {
        self.rgb
            .chunks_exact(3)
            .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
            .collect()
    }
}

/// The face with these landmarks, aligned to `template`; sampled from the full-resolution picture. `None` when the landmarks
/// coincide or are not finite.
pub(crate) fn align(
    image: &DecodedImage,
    landmarks: &[Point; 5],
    template: Template,
) -> Option<AlignedFace> {
    let to = match template {
        Template::Arcface => &ARCFACE,
        Template::Dlib => &DLIB,
    };
    let side = side(template);
    let rgb = warp(image, &similarity(landmarks, to)?, side, side)?;
    Some(AlignedFace { side, rgb })
}

/// The map that brings a face with these landmarks onto ArcFace's template; `None` as for [`align`].
pub(crate) fn to_arcface(landmarks: &[Point; 5]) -> Option<Affine> {
    similarity(landmarks, &ARCFACE)
}

/// Where the template's landmarks lie in a `width x height` picture that is itself an aligned face.
pub(crate) fn template_in(width: u32, height: u32) -> [Point; 5] {
    let (sx, sy) = (width as f32 / SIDE as f32, height as f32 / SIDE as f32);
    ARCFACE.map(|point| Point::new(point.x * sx, point.y * sy))
}

/// The rotation, uniform scale and translation that bring `from` onto `to` with the least squared distance (Umeyama 1991,
/// closed form in the plane).
fn similarity(from: &[Point; 5], to: &[Point; 5]) -> Option<Affine> {
    let mean = |points: &[Point; 5]| {
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| {
            (x + f64::from(p.x), y + f64::from(p.y))
        });
        (x / 5.0, y / 5.0)
    };
    let ((fx, fy), (tx, ty)) = (mean(from), mean(to));
    let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
    for (p, q) in from.iter().zip(to) {
        let (px, py) = (f64::from(p.x) - fx, f64::from(p.y) - fy);
        let (qx, qy) = (f64::from(q.x) - tx, f64::from(q.y) - ty);
        along += px * qx + py * qy;
        across += px * qy - py * qx;
        spread += px * px + py * py;
    }
    if !spread.is_finite() || spread < 1e-9 {
        return None;
    }
    let (a, b) = (along / spread, across / spread);
    Some(Affine([
        [a, -b, tx - a * fx + b * fy],
        [b, a, ty - b * fx - a * fy],
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_scaled_template_is_brought_back() {
        let (angle, scale) = (0.7_f64, 3.2);
        let moved = ARCFACE.map(|p| {
            let (x, y) = (f64::from(p.x), f64::from(p.y));
            Point::new(
                (scale * (angle.cos() * x - angle.sin() * y) + 40.0) as f32,
                (scale * (angle.sin() * x + angle.cos() * y) - 9.0) as f32,
            )
        });
        let map = similarity(&moved, &ARCFACE).unwrap();
        for (p, q) in moved.iter().zip(&ARCFACE) {
            let (x, y) = map.apply(f64::from(p.x), f64::from(p.y));
            assert!((x - f64::from(q.x)).abs() < 1e-3 && (y - f64::from(q.y)).abs() < 1e-3);
        }
    }

    #[test]
    fn landmarks_in_one_place_have_no_transform() {
        assert!(similarity(&[Point::new(3.0, 4.0); 5], &ARCFACE).is_none());
        assert!(similarity(&[Point::new(f32::NAN, 4.0); 5], &ARCFACE).is_none());
    }

    #[test]
    fn mirroring_twice_is_the_face() {
        for side in [SIDE, 150] {
            let rgb = (0..side * side * 3).map(|i| (i % 251) as u8).collect();
            let face = AlignedFace { side, rgb };
            assert_eq!(face.mirrored().mirrored().rgb, face.rgb);
            assert_eq!(
                face.mirrored().rgb[..3],
                face.rgb[(side as usize - 1) * 3..side as usize * 3]
            );
        }
    }
}
