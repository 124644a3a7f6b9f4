//! Whether a JPEG file is complete. The decoder paints what is missing grey and reports success; a cut-off upload must be
//! refused instead, because half a face still gives a template.

/// How many scans the picture has, if the file runs up to its end-of-image marker. Whatever follows the marker (previews, depth maps) is
/// ignored. Each scan of a progressive picture is painted over all of it, however few bytes it has.
pub(in crate::picture) fn scans(bytes: &[u8]) -> Option<u64> {
    let mut at = 2; // behind the start-of-image marker
    let mut scans = 0;
    while let Some((marker, body)) = next_marker(bytes, at) {
        at = match marker {
            END_OF_IMAGE => return Some(scans),
            // Markers without a body; inside a scan these are the stuffed zero and the restart markers.
            0x00 | 0x01 | 0xD0..=0xD8 => body,
            _ => {
                scans += u64::from(marker == START_OF_SCAN);
                match bytes.get(body..body + 2) {
                    Some(&[high, low]) => {
                        body + usize::from(u16::from_be_bytes([high, low])).max(2)
                    }
                    _ => return None,
                }
            }
        };
    }
    None
}

const START_OF_SCAN: u8 = 0xDA;

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
    use super::scans;

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
        assert_eq!(scans(&whole), Some(1));
        for length in 0..whole.len() {
            let told = scans(&whole[..length]);
            assert_eq!(told, None, "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn what_follows_the_end_is_ignored() {
        let mut bytes = picture();
        bytes.extend_from_slice(b"trailer of a phone camera \xFF\xD8\xFF");
        assert_eq!(scans(&bytes), Some(1));
    }
}
