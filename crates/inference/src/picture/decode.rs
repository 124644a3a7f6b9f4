//! File to pixels.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, metadata::Orientation,
};

use super::{DecodedImage, ImageBytes, ImageLimits, jpeg};
use crate::DecodeError;

/// Bytes per pixel of the widest layout that is decoded (16-bit RGBA), and as much again for the decoder's own buffers.
const WORST_BYTES_PER_PIXEL: u64 = 16;

/// Decodes a picture of any supported format: upright, alpha flattened on white, 8-bit RGB.
pub(crate) fn decode(
    bytes: &ImageBytes,
    limits: &ImageLimits,
) -> Result<DecodedImage, DecodeError> {
    // Decoders of hostile files have panicked before; here that is one more undecodable picture.
    catch_unwind(AssertUnwindSafe(|| decode_any(bytes.as_slice(), limits)))
        .unwrap_or(Err(DecodeError::Corrupt))
}

fn decode_any(bytes: &[u8], limits: &ImageLimits) -> Result<DecodedImage, DecodeError> {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| DecodeError::Corrupt)?;
    let format = reader.format().ok_or(DecodeError::UnknownFormat)?;
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
    if format == ImageFormat::Jpeg && !jpeg::is_complete(bytes) {
        return Err(DecodeError::Truncated);
    }
    let mut allocation = Limits::no_limits();
    allocation.max_alloc = Some(limits.max_pixels.saturating_mul(WORST_BYTES_PER_PIXEL));
    decoder
        .set_limits(allocation)
        .map_err(|_| DecodeError::Corrupt)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture =
        DynamicImage::from_decoder(decoder).map_err(|error| cut_off_or_corrupt(&error))?;
    picture.apply_orientation(orientation);
    let rgb = flatten(picture);
    let (width, height) = rgb.dimensions();
    DecodedImage::from_rgb(width, height, rgb.into_raw()).ok_or(DecodeError::Corrupt)
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
