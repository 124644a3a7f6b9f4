//! The chunks of a PNG that its pixels need. Others may be compressed (colour profiles, texts), and grow a thousandfold where they are
//! unpacked; nobody looks at them here.

use std::borrow::Cow;

const SIGNATURE: usize = 8;

/// Length and kind before the data of a chunk, and its checksum behind.
const HEAD: usize = 8;
const CHECKSUM: usize = 4;

/// What stays: the header, colours, transparency, the pixels, the orientation, the end.
const NEEDED: [&[u8; 4]; 6] = [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"];

/// The file without the chunks that its pixels do not need; a chunk that is cut off stays, for the decoder to say so.
pub(super) fn without_extras(file: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = file.get(SIGNATURE..).unwrap_or_default();
    let mut kept: Option<Vec<u8>> = None;
    while let Some((head, _)) = rest.split_first_chunk::<HEAD>() {
        let [a, b, c, d, kind @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let whole = HEAD.saturating_add(length).saturating_add(CHECKSUM);
        let (chunk, after) = rest.split_at(whole.min(rest.len()));
        if NEEDED.contains(&&kind) {
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(chunk);
            }
        } else if kept.is_none() {
            let before = file.len() - rest.len();
            let mut start = Vec::with_capacity(file.len());
            start.extend_from_slice(file.get(..before).unwrap_or_default());
            kept = Some(start);
        }
        rest = after;
    }
    if let Some(kept) = &mut kept {
        kept.extend_from_slice(rest);
    }
    kept.map_or(Cow::Borrowed(file), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

    use super::*;

    fn picture() -> Vec<u8> {
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&[7; 12], 2, 2, ExtendedColorType::Rgb8)
            .unwrap();
        bytes
    }

    #[test]
    fn what_the_pixels_need_stays_as_it_is() {
        let whole = picture();
        assert!(matches!(without_extras(&whole), Cow::Borrowed(file) if file == whole));
        for length in 0..whole.len() {
            assert_eq!(without_extras(&whole[..length]), &whole[..length]);
        }
    }

    #[test]
    fn profiles_and_texts_go() {
        let whole = picture();
        let header = SIGNATURE + HEAD + 13 + CHECKSUM;
        let mut more = whole[..header].to_vec();
        for kind in [b"iCCP", b"zTXt", b"iTXt", b"acTL", b"oooo"] {
            more.extend(5_u32.to_be_bytes());
            more.extend(kind);
            more.extend([0; 5 + CHECKSUM]);
        }
        more.extend(&whole[header..]);
        assert_eq!(without_extras(&more), whole);
    }
}
