//! The frames of a WebP: each has sides of its own, which its decoder takes at their word before they are held against the picture's.

/// Bytes of an animation's frame before its chunks.
const FRAME_HEAD: usize = 16;

/// Pixels of the largest lossy frame that the file declares; lossless ones are held against the picture's sides before anything is allocated.
pub(super) fn largest_frame(file: &[u8]) -> u64 {
    largest(file.get(12..).unwrap_or_default())
}

fn largest(mut rest: &[u8]) -> u64 {
    let mut most = 0;
    while let Some((kind, after)) = rest.split_first_chunk::<4>() {
        let Some((length, after)) = after.split_first_chunk::<4>() else {
            break;
        };
        // A chunk of odd length has one more byte.
        let length = u32::from_le_bytes(*length) as usize;
        let (data, _) = after.split_at(length.min(after.len()));
        let pixels = match kind {
            b"VP8 " => pixels(data),
            b"ANMF" => largest(data.get(FRAME_HEAD..).unwrap_or_default()),
            _ => 0,
        };
        most = most.max(pixels);
        rest = after
            .get(length.saturating_add(length & 1)..)
            .unwrap_or_default();
    }
    most
}

/// Of a frame (RFC 6386, 9.1): three bytes, a start code, and two sides of 14 bits.
fn pixels(frame: &[u8]) -> u64 {
    match *frame {
        [_, _, _, _, _, _, a, b, c, d, ..] => {
            let side = |low, high| u64::from(u16::from_le_bytes([low, high]) & 0x3FFF);
            side(a, b) * side(c, d)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = (data.len() as u32).to_le_bytes();
        let odd = data.len() % 2;
        [kind.as_slice(), &length, data, &[0; 1][..odd]].concat()
    }

    #[test]
    fn frames_are_measured_wherever_they_are() {
        let frame = [0, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0x00, 0x10, 9];
        let lossy = chunk(b"VP8 ", &frame);
        let moving = chunk(b"ANMF", &[[0; FRAME_HEAD].as_slice(), &lossy].concat());
        for (body, wanted) in [
            (lossy.clone(), 16_383 * 4096),
            ([chunk(b"VP8X", &[0; 9]), moving].concat(), 16_383 * 4096),
            (chunk(b"VP8L", &frame), 0),
            (lossy[..12].to_vec(), 0),
        ] {
            let file = [b"RIFF----WEBP".as_slice(), &body].concat();
            assert_eq!(largest_frame(&file), wanted);
        }
    }
}
