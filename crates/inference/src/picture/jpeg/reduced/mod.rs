//! A JPEG at a half, a quarter or an eighth of its size, straight from the low frequencies of its blocks (ITU-T T.81).
//!
//! Made for what phones send: sequential, Huffman-coded, 8 bits, grey or YCbCr. Whatever else there is, and whatever is
//! damaged, is left to the general decoder, which also has the word on what is wrong with a file. The time goes into the
//! Huffman codes of high frequencies that are not wanted: those are passed over, several at a step.

mod bits;
mod blocks;
mod header;
mod huffman;
mod scan;
#[cfg(test)]
mod tests;

use self::{blocks::Plane, header::Header};

/// A decoded picture: RGB bytes, row by row from the top.
pub(in crate::picture) struct Reduced {
    /// In pixels: the file's divided by the scale, rounded up.
    pub(in crate::picture) width: u32,
    pub(in crate::picture) height: u32,
    pub(in crate::picture) rgb: Vec<u8>,
}

/// The picture in `bytes` at 1/`scale` of its size, which is 2, 4 or 8: each pixel stands for `scale x scale` of the file's. `None`
/// when the file is not of the kind that this takes, or not sound, or not of the `size` (width, height) that was found to be within
/// the limits.
pub(in crate::picture) fn decode(bytes: &[u8], size: (u32, u32), scale: u32) -> Option<Reduced> {
    let header = Header::read(bytes).filter(|header| (header.width, header.height) == size)?;
    let planes = scan::planes(&header, bytes.get(header.data..)?, scale)?;
    let (width, height) = (header.width.div_ceil(scale), header.height.div_ceil(scale));
    let rgb = match planes.as_slice() {
        [grey] => interleave_grey(grey, width, height),
        [luma, blue, red] if luma.repeat == (1, 1) && blue.repeat == red.repeat => {
            interleave(luma, blue, red, width, height)
        }
        _ => return None,
    };
    Some(Reduced { width, height, rgb })
}

/// Any bytes, at all scales, if their header promises at most so many pixels: what is decoded is as large as it says.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(bytes: &[u8], max_pixels: u64) {
    let Some(Header { width, height, .. }) = Header::read(bytes) else {
        return;
    };
    if u64::from(width) * u64::from(height) > max_pixels {
        return;
    }
    for scale in [2, 4, 8] {
        if let Some(picture) = decode(bytes, (width, height), scale) {
            let sides = (width.div_ceil(scale), height.div_ceil(scale));
            assert_eq!((picture.width, picture.height), sides);
            assert_eq!(picture.rgb.len(), (3 * sides.0 * sides.1) as usize);
        }
    }
}

fn interleave_grey(grey: &Plane, width: u32, height: u32) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height as usize {
        let row = &grey.row(y)[..width as usize];
        rgb.extend(row.iter().flat_map(|value| [*value; 3]));
    }
    rgb
}

/// JFIF's YCbCr to RGB, in 16.16 fixed point. The colour planes may have fewer pixels than the luminance's: each stands for several.
fn interleave(luma: &Plane, blue: &Plane, red: &Plane, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let (across, down) = blue.repeat;
    let mut rgb = vec![0; width * height * 3];
    for (y, line) in rgb.chunks_exact_mut(width * 3).enumerate() {
        let brightness = luma.row(y)[..width].chunks(across);
        let colours = blue.row(y / down).iter().zip(red.row(y / down));
        for ((pixels, brightness), (blue, red)) in
            line.chunks_mut(3 * across).zip(brightness).zip(colours)
        {
            let (b, r) = (i32::from(*blue) - 128, i32::from(*red) - 128);
            let shifts = [91_881 * r, -22_554 * b - 46_802 * r, 116_130 * b];
            for (pixel, luma) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(brightness) {
                let base = (i32::from(*luma) << 16) + 32_768;
                *pixel = shifts.map(|shift| ((base + shift) >> 16).clamp(0, 255) as u8);
            }
        }
    }
    rgb
}
