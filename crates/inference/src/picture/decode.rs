//! File to pixels.

use std::{
    borrow::Cow,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{
    ColorType, DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, ImageResult,
    Limits, Luma, RgbImage, metadata::Orientation,
};

use super::{
    DecodedImage, ImageBytes, ImageLimits, jpeg,
    levels::{Levels, Pixels, Source, first_scale},
    png,
    room::Room,
    spare,
    upright::upright,
    webp,
};
use crate::DecodeError;

/// What a decoder may allocate beside that, in bytes: tables, and the compressed rows of a strip.
const ALLOWANCE: u64 = 16 << 20;

/// How many times the largest allowed picture's pixels the scans of a progressive JPEG may paint.
const PAINTED: u64 = 16;

/// Bytes per pixel of the widest layout that is decoded (16-bit RGBA), and as much again for the decoder's own buffers.
const WORST_BYTES_PER_PIXEL: u64 = 16;

/// Bytes per pixel beside what the decoder gives: the 8-bit RGB, and once more while it is turned upright.
const COPIES: u64 = 6;

/// Bytes per pixel of a reduced picture: its planes, its RGB, and that once more while it is turned upright.
const REDUCED_COPIES: u64 = 9;

/// Which pixels a picture is decoded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A large JPEG reduced, and finer when it is asked for more.
    Usual,
    /// All at once.
    Whole,
}

/// Decodes a picture of any supported format: upright, alpha flattened on white, 8-bit RGB.
pub(crate) fn decode(
    bytes: &ImageBytes,
    detail: Detail,
    limits: &ImageLimits,
) -> Result<DecodedImage, DecodeError> {
    guarded(|| {
        let file = File::open(bytes.as_slice(), limits)?;
        let (width, height) = file.upright_size();
        let scale = match (file.format, detail) {
            (ImageFormat::Jpeg, Detail::Usual) => first_scale(width, height),
            _ => 1,
        };
        let Some(first) = file.reduced(scale) else {
            return Ok(file.whole()?.into());
        };
        let source = Source {
            file: bytes.clone(),
            limits: *limits,
        };
        Ok(DecodedImage {
            width,
            height,
            levels: Levels::new(first, Some(source)),
            known: None,
        })
    })
}

impl From<Pixels> for DecodedImage {
    /// A picture of these pixels, which are all of it.
    fn from(pixels: Pixels) -> Self {
        Self {
            width: pixels.width,
            height: pixels.height,
            levels: Levels::new(pixels, None),
            known: None,
        }
    }
}

/// The pixels of a file that was decoded before, at `scale`; `None` when they cannot be had.
pub(super) fn at_scale(source: &Source, scale: u32) -> Option<Pixels> {
    let pixels = guarded(|| {
        let file = File::open(source.file.as_slice(), &source.limits)?;
        file.reduced(scale).map_or_else(|| file.whole(), Ok)
    });
    pixels.ok()
}

fn guarded<R>(work: impl FnOnce() -> Result<R, DecodeError>) -> Result<R, DecodeError> {
    // Decoders of hostile files have panicked before; here that is one more undecodable picture.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DecodeError::Corrupt))
}

/// A file whose header was read and is within the limits.
struct File<'a> {
    /// The file as it came.
    bytes: &'a [u8],
    decoder: Box<dyn ImageDecoder + 'a>,
    format: ImageFormat,
    orientation: Orientation,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8], limits: &ImageLimits) -> Result<Self, DecodeError> {
        let reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|_| DecodeError::Corrupt)?;
        let format = reader.format().ok_or(DecodeError::UnknownFormat)?;
        let needed = match format {
            ImageFormat::Png => png::without_extras(bytes),
            _ => Cow::Borrowed(bytes),
        };
        let reader = ImageReader::with_format(Cursor::new(needed), format);
        let mut decoder = reader.into_decoder().map_err(|error| match error {
            image::ImageError::Unsupported(_) => DecodeError::UnknownFormat,
            other => cut_off_or_corrupt(&other),
        })?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(DecodeError::Corrupt);
        }
        if pixels > limits.max_pixels {
            return Err(DecodeError::TooManyPixels {
                width,
                height,
                limit: limits.max_pixels,
            });
        }
        if format == ImageFormat::Jpeg {
            let scans = jpeg::scans(bytes).ok_or(DecodeError::Truncated)?;
            if pixels.saturating_mul(scans) > limits.max_pixels.saturating_mul(PAINTED) {
                return Err(DecodeError::Corrupt);
            }
        }
        if format == ImageFormat::WebP && webp::largest_frame(bytes) > limits.max_pixels {
            return Err(DecodeError::Corrupt);
        }
        // By what the file declares: a frame or a strip that needs more is a lie.
        let mut allocation = Limits::no_limits();
        allocation.max_alloc = Some(pixels * WORST_BYTES_PER_PIXEL + ALLOWANCE);
        decoder
            .set_limits(allocation)
            .map_err(|_| DecodeError::Corrupt)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        Ok(Self {
            bytes,
            decoder: Box::new(decoder),
            format,
            orientation,
        })
    }

    /// Width and height of the upright picture.
    fn upright_size(&self) -> (u32, u32) {
        let (width, height) = self.decoder.dimensions();
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    /// All pixels, upright.
    fn whole(self) -> Result<Pixels, DecodeError> {
        let (width, height) = self.decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        let wanted = self.decoder.total_bytes().saturating_add(COPIES * pixels);
        let _room = Room::take(wanted).ok_or(DecodeError::NoMemory)?;
        let picture = read(self.decoder).map_err(|error| cut_off_or_corrupt(&error))?;
        let rgb = upright(flatten(picture), self.orientation);
        let (width, height) = rgb.dimensions();
        Ok(Pixels::whole(width, height, rgb.into_raw()))
    }

    /// The upright picture reduced; `None` when `scale` is 1, the file is not of the kind that can be, or there is no memory for it.
    fn reduced(&self, scale: u32) -> Option<Pixels> {
        if scale == 1 {
            return None;
        }
        let (width, height) = self.decoder.dimensions();
        let pixels = u64::from(width.div_ceil(scale)) * u64::from(height.div_ceil(scale));
        let _room = Room::take(REDUCED_COPIES * pixels)?;
        let reduced = jpeg::decode_reduced(self.bytes, (width, height), scale)?;
        // The last column and row may reach over the picture's edge; turning it may make them the first.
        let (width, height) = self.upright_size();
        let rgb = RgbImage::from_raw(reduced.width, reduced.height, reduced.rgb)?;
        let rgb = upright(rgb, self.orientation);
        let turned = self.far_corner();
        let over = [rgb.width() * scale - width, rgb.height() * scale - height];
        Some(Pixels {
            scale,
            outside: [0, 1].map(|side| if turned[side] { over[side] } else { 0 }),
            width: rgb.width(),
            height: rgb.height(),
            rgb: rgb.into_raw(),
        })
    }

    /// Whether the stored picture's last column becomes the upright one's first, and the last row the first.
    fn far_corner(&self) -> [bool; 2] {
        let corner = GrayImage::from_fn(2, 2, |x, y| Luma([u8::from((x, y) == (0, 0))]));
        let mut corner = DynamicImage::from(corner);
        corner.apply_orientation(self.orientation);
        let corner = corner.into_luma8();
        let first = corner.enumerate_pixels().find(|(.., pixel)| pixel.0 == [1]);
        first.map_or([false; 2], |(x, y, _)| [x == 1, y == 1])
    }
}

/// The decoder's pixels. Those of most photographs go into a buffer that was one before.
fn read(decoder: Box<dyn ImageDecoder + '_>) -> ImageResult<DynamicImage> {
    let bytes = usize::try_from(decoder.total_bytes());
    let (ColorType::Rgb8, Ok(bytes)) = (decoder.color_type(), bytes) else {
        return DynamicImage::from_decoder(decoder);
    };
    let (width, height) = decoder.dimensions();
    let mut rgb = spare::take(bytes);
    decoder.read_image(&mut rgb)?;
    let picture = RgbImage::from_raw(width, height, rgb);
    Ok(picture.unwrap_or_default().into())
}

fn cut_off_or_corrupt(error: &image::ImageError) -> DecodeError {
    match error {
        image::ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated
        }
        _ => DecodeError::Corrupt,
    }
}

/// 8-bit RGB; transparent pixels show white, as on the page that the cut-out came from.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let blend = |value: u8, alpha: u8| {
        let alpha = u32::from(alpha);
        ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (width, height) = rgba.dimensions();
    let pixels = rgba.pixels().flat_map(|pixel| {
        let [red, green, blue, alpha] = pixel.0;
        [blend(red, alpha), blend(green, alpha), blend(blue, alpha)]
    });
    RgbImage::from_raw(width, height, pixels.collect()).unwrap_or_default()
}
