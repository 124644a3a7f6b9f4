//! Entry points for the fuzzer (`cargo xtask fuzz picture`, `reduced`). Not in the program: only tests and the fuzzer are built with it.

use crate::{
    ImageBytes, ImageLimits,
    picture::{Detail, decode, fuzz_reduced},
};

/// Small, so that a picture takes no longer than a mutation should.
const LIMITS: ImageLimits = ImageLimits {
    max_faces: 100,
    max_bytes: 1 << 20,
    max_pixels: 1 << 20,
};

/// A file that claims to be a picture. What is decoded is as large as it says, and within the limit.
pub fn picture(data: &[u8]) {
    let Ok(bytes) = ImageBytes::new(data.to_vec(), &LIMITS) else {
        return;
    };
    if let Ok(picture) = decode(&bytes, Detail::Usual, &LIMITS) {
        let pixels = u64::from(picture.width()) * u64::from(picture.height());
        assert!(pixels > 0 && pixels <= LIMITS.max_pixels);
        assert_eq!(picture.rgb().len() as u64, 3 * pixels);
    }
}

/// A file that claims to be a JPEG, for the decoder of our own that large ones are first shown to; at all of its scales.
pub fn reduced(data: &[u8]) {
    // Few, for three scales of each: a header soon claims all that it may.
    fuzz_reduced(data, 1 << 14);
}

#[cfg(test)]
mod tests {
    use mutation::Mutator;

    /// The seeds of the fuzzer, changed at random for a while.
    #[test]
    fn changed_pictures_are_decoded_or_refused() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/picture");
        let seeds = Mutator::of_folder(folder.as_ref()).unwrap();
        seeds.run(4_000, super::picture);
    }

    #[test]
    fn changed_jpegs_are_reduced_or_left_alone() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/reduced");
        let seeds = Mutator::of_folder(folder.as_ref()).unwrap();
        seeds.run(4_000, super::reduced);
    }
}
