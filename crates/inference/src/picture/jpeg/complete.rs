//! Whether a JPEG file is complete. The decoder paints what is missing grey and reports success; a cut-off upload must be
//! refused instead, because half a face still gives a template.

/// Whether the file runs up to its end-of-image marker. Whatever follows the marker (previews, depth maps) is ignored.
pub(in crate::picture) fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 2; // behind the start-of-image marker
    while let Some((marker, body)) = next_marker(bytes, at) {
        at = match marker {
            END_OF_IMAGE => return true,
            // Markers without a body; inside a scan these are the stuffed zero and the restart markers.
            0x00 | 0x01 | 0xD0..=0xD8 => body,
            _ => match bytes.get(body..body + 2) {
                Some(&[high, low]) => body + usize::from(u16::from_be_bytes([high, low])).max(2),
                _ => return false,
            },
        };
    }
    false
}

const END_OF_IMAGE: u8 = 0xD9;

/// The next marker at or behind `at`, and where its body starts. Bytes between markers (the entropy-coded scan) are passed over.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at + bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
    while *bytes.get(at)? == 0xFF {
        at += 1;
    }
    Some((*bytes.get(at)?, at + 1))
}

#[cfg(test)]
mod tests {
    use super::is_complete;

    fn picture() -> Vec<u8> {
        let mut bytes = Vec::new();
        let pixels: Vec<u8> = (0..64 * 48 * 3).map(|i| (i * 31 % 251) as u8).collect();
        image::codecs::jpeg::JpegEncoder::new(&mut bytes)
            .encode(&pixels, 64, 48, image::ExtendedColorType::Rgb8)
            .unwrap();
        bytes
    }

    #[test]
    fn a_whole_file_is_complete_and_no_prefix_of_it_is() {
        let whole = picture();
        assert!(is_complete(&whole));
        for length in 0..whole.len() {
            assert!(
                !is_complete(&whole[..length]),
                "{length} of {} bytes",
                whole.len()
            );
        }
    }

    #[test]
    fn what_follows_the_end_is_ignored() {
        let mut bytes = picture();
        bytes.extend_from_slice(b"trailer of a phone camera \xFF\xD8\xFF");
        assert!(is_complete(&bytes));
    }
}
