//! What is kept of an enrolled face so that another model's template can be made of it later.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use crate::{
    BoundingBox, DecodedImage, Face, FaceError, Point,
    align::to_arcface,
    picture::{Affine, warp},
};

/// Pixels of a portrait to one of ArcFace's 112 x 112 template. Whole, so that its pixels are among the portrait's and aligning
/// a portrait samples exactly what aligning the picture did; two, for models that look at more pixels than ArcFace's.
const SCALE: f64 = 2.0;
/// What is there beyond the template's edges, in the template's pixels: other templates reach further, dlib's below the chin.
const MARGIN: f64 = 16.0;
const MARGIN_BELOW: f64 = 24.0;
/// Size of a portrait, in pixels: 288 x 304.
const WIDTH: u32 = ((112.0 + 2.0 * MARGIN) * SCALE) as u32;
const HEIGHT: u32 = ((112.0 + MARGIN + MARGIN_BELOW) * SCALE) as u32;
/// JPEG quality: about 19 KB a face.
const QUALITY: u8 = 92;

/// A face, upright, with a margin.
#[derive(Clone, PartialEq)]
pub struct Portrait {
    /// JPEG.
    pub jpeg: Vec<u8>,
    /// The face's landmarks, in pixels of the picture, in the order of [`Face::landmarks`].
    pub landmarks: [Point; 5],
}

// Pictures never reach a log.
impl std::fmt::Debug for Portrait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Portrait({} bytes)", self.jpeg.len())
    }
}

/// The portrait of `face`.
///
/// # Errors
/// [`FaceError::Inference`] when the landmarks give no alignment.
pub(crate) fn take(image: &DecodedImage, face: &Face) -> Result<Portrait, FaceError> {
    let unusable = || FaceError::Inference("the landmarks give no portrait".to_owned());
    let map = enlarged(&to_arcface(&face.landmarks).ok_or_else(unusable)?);
    let rgb = warp(image, &map, WIDTH, HEIGHT).ok_or_else(unusable)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&rgb, WIDTH, HEIGHT, ExtendedColorType::Rgb8)
        .map_err(|error| FaceError::Inference(error.to_string()))?;
    let landmarks = face.landmarks.map(|point| {
        let (x, y) = map.apply(f64::from(point.x), f64::from(point.y));
        Point::new(x as f32, y as f32)
    });
    Ok(Portrait { jpeg, landmarks })
}

/// The face of a portrait.
pub(crate) fn face_at(landmarks: [Point; 5]) -> Face {
    let side = (112.0 * SCALE) as f32;
    let corner = (MARGIN * SCALE) as f32;
    Face {
        bbox: BoundingBox {
            left: corner,
            top: corner,
            right: corner + side,
            bottom: corner + side,
        },
        landmarks,
        score: 1.0,
    }
}

/// A map onto the template as one onto the portrait.
fn enlarged(to_template: &Affine) -> Affine {
    Affine(
        to_template
            .0
            .map(|[x, y, shift]| [x * SCALE, y * SCALE, (shift + MARGIN) * SCALE]),
    )
}

#[cfg(test)]
mod tests {
    use packs::Template;

    use super::*;
    use crate::align::align;

    /// But for JPEG: a smooth picture, which that hardly changes.
    #[test]
    fn aligning_a_portrait_is_aligning_the_picture() {
        let rgb = (0..600_u32)
            .flat_map(|y| (0..500_u32).flat_map(move |x| [x / 2, y / 3, (x + y) / 5]))
            .map(|value| value as u8)
            .collect();
        let picture = DecodedImage::from_rgb(500, 600, rgb).unwrap();
        let landmarks = [
            (180.0, 260.0),
            (300.0, 230.0),
            (255.0, 310.0),
            (215.0, 380.0),
            (310.0, 355.0),
        ]
        .map(|(x, y)| Point::new(x, y));
        let portrait = take(&picture, &face_at(landmarks)).unwrap();
        let decoded = image::load_from_memory(&portrait.jpeg).unwrap().into_rgb8();
        let decoded = DecodedImage::from_rgb(WIDTH, HEIGHT, decoded.into_raw()).unwrap();
        let (one, other) = (
            align(&picture, &landmarks, Template::Arcface).unwrap(),
            align(&decoded, &portrait.landmarks, Template::Arcface).unwrap(),
        );
        let furthest = one
            .rgb
            .iter()
            .zip(&other.rgb)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(furthest <= Some(4), "{furthest:?}");
    }

    #[test]
    fn landmarks_in_one_place_have_no_portrait() {
        let picture = DecodedImage::from_rgb(2, 2, vec![0; 12]).unwrap();
        assert!(take(&picture, &face_at([Point::default(); 5])).is_err());
    }
}
