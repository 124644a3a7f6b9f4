//! Pictures that declare one thing and hold another.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use crate::{DecodeError, DecodedImage, ImageBytes, ImageLimits, picture::Detail};

fn decoded(bytes: Vec<u8>, limits: &ImageLimits) -> Result<DecodedImage, DecodeError> {
    let bytes = ImageBytes::new(bytes, limits)?;
    crate::picture::decode(&bytes, Detail::Usual, limits)
}

/// A GIF of 1 x 1 whose only frame has these sides: of the pixels there is only the beginning.
fn gif(side: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF,".to_vec();
    bytes.extend([0; 4]);
    bytes.extend(side.to_le_bytes());
    bytes.extend(side.to_le_bytes());
    // No colours of its own; codes of two bits: clear, colour 0, the end.
    bytes.extend([0, 2, 2, 0x44, 0x01, 0, b';']);
    bytes
}

#[test]
fn a_frame_that_is_larger_than_its_picture_costs_nothing() {
    let limits = ImageLimits::default();
    assert!(decoded(gif(1), &limits).is_ok());
    // 784 MB of pixels, in a file of 40 bytes that says it has one.
    assert_eq!(
        decoded(gif(14_000), &limits).unwrap_err(),
        DecodeError::Corrupt
    );
}

#[test]
fn a_frame_of_a_webp_is_held_against_the_limit() {
    let frame = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0];
    let mut bytes = b"RIFF\x24\x00\x00\x00WEBPVP8X\x0A\x00\x00\x00".to_vec();
    // One pixel, no alpha, no animation.
    bytes.extend([0; 10]);
    bytes.extend(b"VP8 \x0C\x00\x00\x00");
    bytes.extend(frame);
    let told = decoded(bytes, &ImageLimits::default()).unwrap_err();
    assert_eq!(told, DecodeError::Corrupt);
}

#[test]
fn scans_are_counted_in_pixels() {
    let mut bytes = Vec::new();
    JpegEncoder::new(&mut bytes)
        .encode(&[99; 64 * 48 * 3], 64, 48, ExtendedColorType::Rgb8)
        .unwrap();
    let limits = ImageLimits {
        max_pixels: 64 * 48,
        ..ImageLimits::default()
    };
    assert!(decoded(bytes.clone(), &limits).is_ok());
    let end = bytes.len() - 2;
    // Each is painted over the whole picture, and has a few bytes in the file.
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0];
    let many = [&bytes[..end], &scan.repeat(16), &bytes[end..]].concat();
    assert_eq!(decoded(many, &limits).unwrap_err(), DecodeError::Corrupt);
}
