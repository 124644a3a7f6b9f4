//! Against the general decoder. The pictures are smooth waves of 131 x 93 pixels, which no reduction blurs.

use proptest::prelude::*;

use super::{Reduced, decode as decode_of};

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/jpeg/",
            $name,
            ".jpg"
        ))
        .as_slice()
    };
}

/// Width and height of the pictures.
const SIZE: (u32, u32) = (131, 93);

fn decode(bytes: &[u8], scale: u32) -> Option<Reduced> {
    decode_of(bytes, SIZE, scale)
}

const TAKEN: [(&str, &[u8]); 6] = [
    ("4:4:4", picture!("444")),
    ("4:2:2", picture!("422")),
    ("4:2:0", picture!("420")),
    ("restart markers", picture!("420_restarts")),
    ("codes of its own", picture!("420_own_codes")),
    ("grey", picture!("grey")),
];

/// Mean square of the difference from the means of `scale x scale` pixels, the edges left out.
fn off(reduced: &Reduced, whole: &image::RgbImage, scale: u32) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..whole.height() / scale {
        for x in 0..whole.width() / scale {
            for channel in 0..3 {
                let inside = (0..scale).flat_map(|dy| (0..scale).map(move |dx| (dx, dy)));
                let total: f64 = inside
                    .map(|(dx, dy)| {
                        f64::from(whole.get_pixel(x * scale + dx, y * scale + dy)[channel])
                    })
                    .sum();
                let at = (y * reduced.width + x) as usize * 3 + channel;
                let ours = f64::from(reduced.rgb[at]);
                sum += (total / f64::from(scale * scale) - ours).powi(2);
                count += 1.0;
            }
        }
    }
    sum / count
}

#[test]
fn a_reduced_picture_is_the_whole_one_in_means() {
    for (kind, bytes) in TAKEN {
        let whole = image::load_from_memory(bytes).unwrap().into_rgb8();
        for scale in [2, 4, 8] {
            let reduced = decode(bytes, scale).unwrap_or_else(|| panic!("{kind}, 1/{scale}"));
            let size = (reduced.width, reduced.height);
            assert_eq!(size, (SIZE.0.div_ceil(scale), SIZE.1.div_ceil(scale)));
            let off = off(&reduced, &whole, scale).sqrt();
            // A pixel of colour is up to 2 x scale wide, and these waves change by up to four levels from pixel to pixel.
            let most = if kind == "4:4:4" || kind == "grey" {
                1.0
            } else {
                1.5 * f64::from(scale)
            };
            assert!(off < most, "{kind}, 1/{scale}: off by {off}");
        }
    }
}

#[test]
fn other_kinds_are_left_to_the_general_decoder() {
    for bytes in [picture!("progressive"), picture!("cmyk")] {
        assert!(decode(bytes, 2).is_none());
    }
    assert!(decode_of(picture!("420"), (93, 131), 2).is_none());
    assert!(decode(b"", 2).is_none() && decode(&[0xFF; 64], 2).is_none());
}

#[test]
fn a_cut_file_is_left_to_it_too() {
    for (kind, bytes) in TAKEN {
        for length in (0..bytes.len() - 2).step_by(7) {
            assert!(decode(&bytes[..length], 4).is_none(), "{kind}: {length}");
        }
        // Cut, and then closed with an end marker.
        let cut = [&bytes[..bytes.len() / 2], &[0xFF, 0xD9]].concat();
        assert!(decode(&cut, 4).is_none(), "{kind}");
    }
}

proptest! {
    #[test]
    fn damage_never_panics(which in 0..TAKEN.len(), scale in 1..4_u32, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = TAKEN[which].1.to_vec();
        for (place, value) in hits {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let _ = decode(&bytes, 1 << scale);
    }
}
