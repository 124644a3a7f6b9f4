//! Pictures: bytes that passed the size limit, and pixels that passed the pixel limit.

mod decode;
mod jpeg;
mod levels;
mod png;
mod resample;
mod room;
mod spare;
mod upright;
mod webp;

use std::sync::Arc;

pub(crate) use decode::{Detail, decode};
#[cfg(any(test, fuzzing))]
pub(crate) use jpeg::fuzz_reduced;
pub(crate) use levels::usually_whole;
pub(crate) use resample::{Affine, Region, resize, resize_part, warp};
pub(crate) use spare::forget as forget_spare;

use levels::{Levels, Pixels, Source};

use crate::{DecodeError, Point, recent::Known};

/// Endings of the files that are worth a look, in lower case: those of the formats that are read.
pub const PICTURE_ENDINGS: [&str; 9] = [
    "jpg", "jpeg", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff",
];

/// Bounds on what is decoded.
#[derive(Debug, Clone, Copy)]
pub struct ImageLimits {
    /// Largest file, in bytes.
    pub max_bytes: usize,
    /// Largest picture, in pixels (width x height), checked in the header before anything is allocated.
    pub max_pixels: u64,
    /// Faces of one picture that are looked at closer, the largest first.
    pub max_faces: usize,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            max_bytes: 30 * 1024 * 1024,
            max_pixels: 50_000_000,
            max_faces: 100,
        }
    }
}

/// The bytes of a picture file, not empty and within the size limit.
#[derive(Clone)]
pub struct ImageBytes(Arc<Vec<u8>>);

impl ImageBytes {
    /// Takes `bytes` if there are some and not more than `limits` allows.
    ///
    /// # Errors
    /// [`DecodeError::Empty`] or [`DecodeError::TooManyBytes`].
    pub fn new(bytes: Vec<u8>, limits: &ImageLimits) -> Result<Self, DecodeError> {
        match bytes.len() {
            0 => Err(DecodeError::Empty),
            n if n > limits.max_bytes => Err(DecodeError::TooManyBytes {
                bytes: n,
                limit: limits.max_bytes,
            }),
            _ => Ok(Self(Arc::new(bytes))),
        }
    }

    /// The file's bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

// Pictures never reach a log, not even by accident of a derived Debug.
impl std::fmt::Debug for ImageBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImageBytes({} bytes)", self.0.len())
    }
}

/// A decoded picture: 8-bit RGB, upright (EXIF orientation applied), alpha flattened. A large JPEG is held reduced, and decoded
/// finer when it is looked at more closely.
#[derive(Clone)]
pub struct DecodedImage {
    width: u32,
    height: u32,
    levels: Levels,
    known: Option<Known>,
}

impl DecodedImage {
    /// A picture from `width x height` pixels, three bytes each (red, green, blue), row by row from the top; `None` when
    /// the length is not that, or a side is 0.
    #[must_use]
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        let wanted = (width as usize)
            .checked_mul(height as usize)?
            .checked_mul(3)?;
        (wanted > 0 && rgb.len() == wanted).then(|| Pixels::whole(width, height, rgb).into())
    }

    /// A picture that could be decoded before, with these sides, first at `scale`; its pixels are decoded when they are asked for.
    pub(crate) fn later(
        bytes: &ImageBytes,
        limits: &ImageLimits,
        (width, height): (u32, u32),
        scale: u32,
    ) -> Self {
        let source = Source {
            file: bytes.clone(),
            limits: *limits,
        };
        Self {
            width,
            height,
            levels: Levels::later(scale, source),
            known: None,
        }
    }

    /// The same picture, with a place for what is found out about it.
    pub(crate) fn with_known(self, known: Known) -> Self {
        Self {
            known: Some(known),
            ..self
        }
    }

    /// What was found out about it, and what will be.
    pub(crate) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Pixels of the picture across one of those that are decoded first.
    pub(crate) fn first_scale(&self) -> u32 {
        self.levels.first()
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The middle of the picture, in pixels.
    #[must_use]
    pub fn center(&self) -> Point {
        Point::new(self.width as f32 / 2.0, self.height as f32 / 2.0)
    }

    /// All pixels: three bytes each (red, green, blue), row by row from the top.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn rgb(&self) -> &[u8] {
        self.levels.at(1).map_or(&[], |pixels| &pixels.rgb)
    }

    /// Pixels that are at least as fine as one in `spacing` of the picture's, both across and down; `None`: they cannot be had any more.
    pub(crate) fn pixels(&self, spacing: f64) -> Option<&Pixels> {
        let fits = |scale: &u32| f64::from(*scale) <= spacing;
        self.levels
            .at([8, 4, 2].into_iter().find(fits).unwrap_or(1))
    }
}

impl std::fmt::Debug for DecodedImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DecodedImage({} x {})", self.width, self.height)
    }
}
