//! Pictures that lie about themselves, large ones, and one that is made of faces.

use std::{io::Write as _, path::Path};

use anyhow::{Context as _, Result};
use flate2::{Compression, write::ZlibEncoder};
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder as _, ImageFormat, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::{FilterType, overlay, resize},
};

/// Sides of the large pictures: 48 megapixels.
const LARGE: (u32, u32) = (8000, 6000);
/// Faces in a row and in a column, and pixels of each.
const FACES: u32 = 80;
const FACE: u32 = 40;

/// All of them, as files.
pub(super) struct Pictures {
    /// A portrait.
    pub(super) honest: Vec<u8>,
    /// What is larger than it says.
    pub(super) lies: Vec<Vec<u8>>,
    /// What takes long to decode.
    pub(super) large: Vec<Vec<u8>>,
    /// Thousands of faces.
    pub(super) crowd: Vec<u8>,
}

impl Pictures {
    pub(super) fn make(data: &Path) -> Result<Self> {
        let file = data.join("composite01_1.jpg");
        let honest = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let portrait = image::load_from_memory(&honest).context("the portrait")?;
        Ok(Self {
            lies: vec![gif(), profile()?, webp()],
            large: vec![jpeg()?, png()?],
            crowd: crowd(&portrait)?,
            honest,
        })
    }
}

/// A GIF of one pixel with a frame of 14,000 x 14,000.
fn gif() -> Vec<u8> {
    let mut bytes =
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF,\x00\x00\x00\x00".to_vec();
    bytes.extend(14_000_u16.to_le_bytes());
    bytes.extend(14_000_u16.to_le_bytes());
    bytes.extend([0, 2, 2, 0x44, 0x01, 0, b';']);
    bytes
}

/// A WebP of one pixel with a frame of 16,383 x 16,383.
fn webp() -> Vec<u8> {
    let mut bytes = b"RIFF\x24\x00\x00\x00WEBPVP8X\x0A\x00\x00\x00".to_vec();
    bytes.extend([0; 10]);
    bytes.extend(b"VP8 \x0C\x00\x00\x00");
    bytes.extend([0x10, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0]);
    bytes
}

/// A PNG of 64 x 64 with a colour profile that is unpacked to 512 MiB.
fn profile() -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    PngEncoder::new(&mut plain).write_image(&[99; 64 * 64 * 3], 64, 64, ExtendedColorType::Rgb8)?;
    let mut packed = ZlibEncoder::new(b"x\0\0".to_vec(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..512 {
        packed.write_all(&zeros)?;
    }
    let data = packed.finish()?;
    let header = 8 + 8 + 13 + 4;
    let mut bytes = plain[..header].to_vec();
    bytes.extend((data.len() as u32).to_be_bytes());
    let start = bytes.len();
    bytes.extend(b"iCCP");
    bytes.extend(data);
    let mut checksum = flate2::Crc::new();
    checksum.update(&bytes[start..]);
    bytes.extend(checksum.sum().to_be_bytes());
    bytes.extend(&plain[header..]);
    Ok(bytes)
}

/// Noise, but not more than a body has room for.
fn noise(x: u32, y: u32) -> u8 {
    let mixed = (x / 8).wrapping_mul(0x9E37_79B1) ^ (y / 8).wrapping_mul(0x85EB_CA77);
    (mixed.wrapping_mul(0xC2B2_AE3D) >> 27) as u8 + 100
}

fn jpeg() -> Result<Vec<u8>> {
    let (width, height) = LARGE;
    let pixels = RgbImage::from_fn(width, height, |x, y| image::Rgb([noise(x, y); 3]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 40).encode_image(&pixels)?;
    Ok(bytes)
}

/// 16 bits a colour, with transparency: the widest there is.
fn png() -> Result<Vec<u8>> {
    let (width, height) = LARGE;
    let row: Vec<u8> = (0..width * 8).map(|x| noise(x, 0)).collect();
    let pixels = row.repeat(height as usize);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&pixels, width, height, ExtendedColorType::Rgba16)?;
    Ok(bytes)
}

fn crowd(portrait: &DynamicImage) -> Result<Vec<u8>> {
    let face = resize(&portrait.to_rgb8(), FACE, FACE, FilterType::Triangle);
    let mut all = RgbImage::new(FACES * FACE, FACES * FACE);
    for place in 0..FACES * FACES {
        let (x, y) = (place % FACES * FACE, place / FACES * FACE);
        overlay(&mut all, &face, x.into(), y.into());
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    all.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}
