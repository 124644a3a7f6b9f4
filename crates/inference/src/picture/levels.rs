//! The pixels of a decoded picture, no finer than they are looked at.
//!
//! A face of 12 megapixels ends in a crop of 112 x 112. So a large JPEG is decoded at a half, a quarter or an eighth of its size
//! first, and again, finer, only when a crop asks for more than that has. All coordinates stay those of the whole picture.

use std::sync::{Arc, OnceLock};

use super::{ImageBytes, ImageLimits, decode, spare};

/// Scales at which a picture can be: 1, 2, 4 and 8.
const SCALES: usize = 4;

/// Pictures of fewer pixels are decoded whole: there is less to gain, and more of them ask for all pixels in the end.
const LARGE: u64 = 6_000_000;

/// Pixels of the longest side from which a reduced picture serves the detector's usual looks (of 640 pixels) as well as the whole.
const LEAST: u32 = 960;

/// The pixels at one scale.
#[derive(Clone)]
pub(crate) struct Pixels {
    /// Pixels of the picture across one of these.
    pub(super) scale: u32,
    /// How much of the first column and row, in pixels of the picture, lies outside of it.
    pub(super) outside: [u32; 2],
    pub(super) width: u32,
    pub(super) height: u32,
    /// Three bytes each, row by row from the top.
    pub(super) rgb: Vec<u8>,
}

impl Pixels {
    /// All of a picture's pixels.
    pub(super) fn whole(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        Self {
            scale: 1,
            outside: [0; 2],
            width,
            height,
            rgb,
        }
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        spare::give(std::mem::take(&mut self.rgb));
    }
}

/// Where finer pixels come from.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) file: ImageBytes,
    pub(super) limits: ImageLimits,
}

/// The pixels of a picture at the scales that were asked for so far.
#[derive(Clone)]
pub(super) struct Levels {
    /// The coarsest scale.
    first: u32,
    /// By the logarithm of the scale; `None`: it cannot be decoded.
    pixels: [OnceLock<Option<Arc<Pixels>>>; SCALES],
    source: Option<Source>,
}

impl Levels {
    /// Of `first`, and finer ones from `source`.
    pub(super) fn new(first: Pixels, source: Option<Source>) -> Self {
        let scale = first.scale;
        let pixels = <[OnceLock<_>; SCALES]>::default();
        let _ = pixels[level(scale)].set(Some(Arc::new(first)));
        Self {
            first: scale,
            pixels,
            source,
        }
    }

    /// Of a file that could be decoded before, at `first`; nothing is decoded before it is asked for.
    pub(super) fn later(first: u32, source: Source) -> Self {
        Self {
            first,
            pixels: Default::default(),
            source: Some(source),
        }
    }

    /// The scale at which the picture is decoded first.
    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// The pixels at `scale`, or at the first scale where that is finer; decoded now where they are not there. Which ones never depends on
    /// what was asked for before. A file that cannot be decoded finer than it was gives what there is; `None`: it cannot be decoded any more.
    pub(super) fn at(&self, scale: u32) -> Option<&Pixels> {
        let finer = (scale < self.first).then(|| self.decoded(scale)).flatten();
        finer.or_else(|| self.decoded(self.first))
    }

    fn decoded(&self, scale: u32) -> Option<&Pixels> {
        let decode = || {
            let source = self.source.as_ref()?;
            decode::at_scale(source, scale).map(Arc::new)
        };
        self.pixels[level(scale)].get_or_init(decode).as_deref()
    }
}

/// The place of a scale: its logarithm.
fn level(scale: u32) -> usize {
    (scale.max(1).ilog2() as usize).min(SCALES - 1)
}

/// Whether a `width x height` picture is decoded whole, whatever its file is.
pub(crate) fn usually_whole(width: u32, height: u32) -> bool {
    u64::from(width) * u64::from(height) < LARGE
}

/// The scale at which a `width x height` picture is decoded first.
pub(super) fn first_scale(width: u32, height: u32) -> u32 {
    if usually_whole(width, height) {
        return 1;
    }
    let longest = width.max(height);
    let serves = |scale: &u32| longest / scale >= LEAST;
    [8, 4, 2].into_iter().find(serves).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use crate::{
        DecodedImage, ImageBytes, ImageLimits,
        picture::{Affine, Detail, decode, resize, warp},
    };

    const WIDTH: u32 = 2999;
    const HEIGHT: u32 = 2031;

    /// A smooth JPEG of odd sides, with this EXIF orientation.
    fn file(orientation: u8) -> ImageBytes {
        let rgb: Vec<u8> = (0..HEIGHT)
            .flat_map(|y| (0..WIDTH).map(move |x| (x as f32, y as f32)))
            .flat_map(|(x, y)| {
                let wave = |period: f32, at: f32| 128.0 + 100.0 * (at / period).sin();
                [wave(130.0, x), wave(170.0, y), wave(210.0, x + 2.0 * y)]
            })
            .map(|value| value as u8)
            .collect();
        let mut plain = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 90)
            .encode(&rgb, WIDTH, HEIGHT, image::ExtendedColorType::Rgb8)
            .unwrap();
        // One entry: the orientation.
        let exif = [
            b"\xFF\xE1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
            &[orientation, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let bytes = [&plain[..2], &exif, &plain[2..]].concat();
        ImageBytes::new(bytes, &ImageLimits::default()).unwrap()
    }

    fn off(a: &[u8], b: &[u8]) -> f64 {
        let differences = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)));
        differences.sum::<f64>() / a.len() as f64
    }

    #[test]
    fn crops_of_a_reduced_picture_are_those_of_the_whole_one_whichever_way_it_is_turned() {
        for orientation in 1..=8 {
            let reduced =
                decode(&file(orientation), Detail::Usual, &ImageLimits::default()).unwrap();
            let (width, height) = (reduced.width(), reduced.height());
            assert_eq!(reduced.pixels(100.0).unwrap().scale, 2);
            let whole = DecodedImage::from_rgb(width, height, reduced.rgb().to_vec()).unwrap();
            assert_eq!(whole.pixels(100.0).unwrap().scale, 1);
            assert_eq!(reduced.width() < reduced.height(), orientation > 4);
            // Anew: asking for all pixels left those behind.
            let reduced =
                decode(&file(orientation), Detail::Usual, &ImageLimits::default()).unwrap();
            let map = Affine([[0.12, 0.06, -70.0], [-0.06, 0.12, 40.0]]);
            let both = |image: &DecodedImage| {
                [
                    warp(image, &map, 112, 112).unwrap(),
                    resize(image, 200, 150).unwrap(),
                    resize(image, 640, 480).unwrap(),
                ]
            };
            let crops = both(&reduced).into_iter().zip(both(&whole));
            for (number, (ours, theirs)) in crops.enumerate() {
                let off = off(&ours, &theirs);
                assert!(off < 0.6, "orientation {orientation}, crop {number}: {off}");
            }
        }
    }

    #[test]
    fn a_small_face_is_sampled_from_all_pixels() {
        let picture = decode(&file(1), Detail::Usual, &ImageLimits::default()).unwrap();
        let map = Affine([[1.0, 0.0, -500.0], [0.0, 1.0, -600.0]]);
        let crop = warp(&picture, &map, 112, 112).unwrap();
        let whole = DecodedImage::from_rgb(WIDTH, HEIGHT, picture.rgb().to_vec()).unwrap();
        assert_eq!(crop, warp(&whole, &map, 112, 112).unwrap());
    }
}
