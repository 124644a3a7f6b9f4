//! Photographs of 12 to 36 megapixels, which are decoded reduced: their answers are those of all pixels.

use super::data;
use crate::{DecodedImage, Effort, FaceRules};

const LARGE: [&str; 5] = [
    "compreface/001_A.jpg",
    "compreface/002_A.jpg",
    "compreface/004_A.jpg",
    "compreface/005_A.jpg",
    "compreface/006_A.jpg",
];

#[test]
fn a_reduced_photograph_has_the_answers_of_the_whole_one() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    for file in LARGE {
        let reduced = data.image(file);
        let (width, height) = (reduced.width(), reduced.height());
        let whole = data.image(file).rgb().to_vec();
        let whole = DecodedImage::from_rgb(width, height, whole).unwrap();
        let pixel = width.max(height) as f32 / 640.0;
        for effort in [Effort::Fast, Effort::Accurate] {
            let [ours, theirs] = [&reduced, &whole].map(|image| {
                let rules = FaceRules::default();
                let face = pipeline.main_face(image, effort, &rules).unwrap();
                let template = pipeline.embed(image, std::slice::from_ref(&face), effort);
                let quality = pipeline.quality(image, &face).unwrap();
                (face, template.unwrap().remove(0), quality)
            });
            let shifts = ours.0.landmarks.iter().zip(&theirs.0.landmarks);
            let shift = shifts.map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
            let score = pipeline.similarity(&ours.1, &theirs.1).value();
            let [sharpness, theirs_sharpness] = [ours.2.sharpness, theirs.2.sharpness];
            eprintln!(
                "{file} {effort:?}: landmarks off by {:.2} px of a look of 640, templates' score {score:.4}, sharpness {sharpness:.3} instead of {theirs_sharpness:.3}",
                shift / pixel,
            );
            assert!(shift < 0.04 * theirs.0.pupil_distance(), "{file}");
            assert!(score > 0.99, "{file}");
            assert!((sharpness - theirs_sharpness).abs() < 0.1, "{file}");
            let both = [ours.2.eyes_open, theirs.2.eyes_open];
            let open = both.map(|eyes| eyes.map(|eyes| eyes.map(|open| open > 0.5)));
            assert_eq!(open[0], open[1], "{file}");
        }
    }
}

#[test]
fn liveness_looks_at_all_pixels() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let file = "compreface/004_A.jpg";
    let reduced = pipeline.decode(&data.bytes(file)).unwrap();
    let whole = pipeline.decode_whole(&data.bytes(file)).unwrap();
    let face = pipeline
        .main_face(&whole, Effort::Accurate, &FaceRules::default())
        .unwrap();
    let [ours, theirs] =
        [&reduced, &whole].map(|image| pipeline.liveness(image, &face).unwrap().probabilities);
    assert_eq!(ours, theirs);
}
