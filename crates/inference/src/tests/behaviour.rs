//! What users see: formats, orientation, how many faces, faces that fill the frame.

use image::{ExtendedColorType, ImageFormat};

use super::{STANDARD, compact, data, pipeline, read};
use crate::{
    DecodeError, DecodedImage, Effort, FaceError, FaceRules, ImageBytes, ImageLimits, Pipeline,
    picture::{Detail, Region, resize_part},
};

fn decoded(bytes: Vec<u8>) -> Result<DecodedImage, DecodeError> {
    let limits = ImageLimits::default();
    ImageBytes::new(bytes, &limits)
        .and_then(|bytes| crate::picture::decode(&bytes, Detail::Usual, &limits))
}

/// A small picture in `format`, with a gradient that survives lossy coding.
fn encoded(format: ImageFormat) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 8) as u8, 90])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn every_format_is_read() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ] {
        let picture =
            decoded(encoded(format)).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert_eq!((picture.width(), picture.height()), (40, 30), "{format:?}");
        let middle = &picture.rgb()[(15 * 40 + 20) * 3..][..3];
        for (ours, theirs) in middle.iter().zip([120_u8, 120, 90]) {
            // A GIF has 256 colours.
            assert!(ours.abs_diff(theirs) <= 24, "{format:?}: {middle:?}");
        }
    }
}

#[test]
fn a_cut_off_file_is_refused_in_every_format() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ] {
        let whole = encoded(format);
        for part in [8, whole.len() / 3, whole.len() * 2 / 3] {
            assert!(
                decoded(whole[..part].to_vec()).is_err(),
                "{format:?}: {part} of {} bytes",
                whole.len()
            );
        }
    }
}

#[test]
fn transparent_pixels_show_white() {
    let mut bytes = Vec::new();
    let pixels = [[10, 20, 30, 255], [10, 20, 30, 0]].concat();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, &pixels, 2, 1, ExtendedColorType::Rgba8).unwrap();
    assert_eq!(decoded(bytes).unwrap().rgb(), [10, 20, 30, 255, 255, 255]);
}

#[test]
fn what_is_no_picture_says_why() {
    assert_eq!(decoded(Vec::new()).unwrap_err(), DecodeError::Empty);
    assert_eq!(
        decoded(b"Dear sir or madam, please find attached".to_vec()).unwrap_err(),
        DecodeError::UnknownFormat
    );
    let limits = ImageLimits {
        max_pixels: 1000,
        max_bytes: 1 << 20,
        max_faces: 100,
    };
    let bytes = ImageBytes::new(encoded(ImageFormat::Png), &limits).unwrap();
    assert_eq!(
        crate::picture::decode(&bytes, Detail::Usual, &limits).unwrap_err(),
        DecodeError::TooManyPixels {
            width: 40,
            height: 30,
            limit: 1000
        }
    );
}

proptest::proptest! {
    #[test]
    fn damaged_files_never_panic(at in 0..2000_usize, value in 0..=255_u8, format in 0..6_usize) {
        let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::Tiff];
        let mut bytes = encoded(formats[format]);
        let at = at % bytes.len();
        bytes[at] = value;
        let _ = decoded(bytes);
    }
}

#[test]
fn every_exif_orientation_comes_out_upright() {
    let Some(data) = data() else { return };
    let upright = data.image("exif/orientation_1.jpg");
    for orientation in 2..=8 {
        let picture = data.image(&format!("exif/orientation_{orientation}.jpg"));
        assert_eq!(
            (picture.width(), picture.height()),
            (upright.width(), upright.height()),
            "orientation {orientation}"
        );
        let off: u64 = picture
            .rgb()
            .iter()
            .zip(upright.rgb())
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        assert!(
            off / (upright.rgb().len() as u64) < 6,
            "orientation {orientation}"
        );
    }
}

#[test]
fn as_many_faces_are_found_as_there_are() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let counts = std::fs::read_to_string(data.faces.join("counts.csv")).unwrap();
    for line in counts.lines().skip(1) {
        let (file, count) = line.split_once(',').unwrap();
        let found = pipeline.faces(&data.image(file)).unwrap().len();
        assert_eq!(found, count.trim().parse::<usize>().unwrap(), "{file}");
    }
}

#[test]
fn the_compact_pack_finds_as_many_faces_as_there_are() {
    let Some((mut pipeline, faces)) = compact() else {
        return;
    };
    let counts = std::fs::read_to_string(faces.join("counts.csv")).unwrap();
    for line in counts.lines().skip(1) {
        let (file, count) = line.split_once(',').unwrap();
        let picture = crate::picture::decode(
            &read(&faces.join(file)),
            Detail::Usual,
            &ImageLimits::default(),
        )
        .unwrap();
        let found = pipeline.faces(&picture).unwrap();
        assert_eq!(
            found.len(),
            count.trim().parse::<usize>().unwrap(),
            "{file}"
        );
    }
}

#[test]
fn the_compact_pack_does_everything() {
    let Some((mut pipeline, faces)) = compact() else {
        return;
    };
    let rules = FaceRules::default();
    let mut template = |file: &str| {
        let picture = crate::picture::decode(
            &read(&faces.join(file)),
            Detail::Usual,
            &ImageLimits::default(),
        )
        .unwrap();
        let face = pipeline.main_face(&picture, Effort::Fast, &rules).unwrap();
        let liveness = pipeline.liveness(&picture, &face).unwrap();
        assert_eq!(liveness.probabilities.len(), 2);
        let quality = pipeline.quality(&picture, &face).unwrap();
        assert!(
            quality.overall > 0.2 && quality.eyes_open.is_none(),
            "{quality:?}"
        );
        let crop = ImageBytes::new(
            pipeline.thumbnail(&picture, &face).unwrap(),
            &ImageLimits::default(),
        )
        .unwrap();
        let crop = pipeline
            .template_of_crops(&[crop], Effort::Fast, &rules)
            .unwrap();
        let whole = pipeline
            .embed(&picture, &[face], Effort::Fast)
            .unwrap()
            .remove(0);
        let score = pipeline.similarity(&whole, &crop).value();
        assert!(score > 0.85, "the thumbnail of {file}: {score}");
        whole
    };
    let [first, second, other] = [
        "composites/composite01_1.jpg",
        "composites/composite01_2.jpg",
        "composites/composite02_1.jpg",
    ]
    .map(&mut template);
    let (same, different) = (
        pipeline.similarity(&first, &second),
        pipeline.similarity(&first, &other),
    );
    assert!(
        same.value() > 0.85 && different.value() < 0.6,
        "{same:?} {different:?}"
    );
}

#[test]
fn the_same_picture_in_four_formats_gives_the_same_template() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let rules = FaceRules::default();
    let templates: Vec<_> = ["bmp", "jpeg", "png", "webp"]
        .into_iter()
        .map(|ending| {
            pipeline
                .template(
                    &[data.bytes(&format!("compreface/formats/einstein.{ending}"))],
                    Effort::Fast,
                    &rules,
                )
                .unwrap()
        })
        .collect();
    for template in &templates {
        let cosine = template.cosine(&templates[0]);
        assert!(cosine > 0.98, "{cosine}");
    }
    for file in ["truncated.jpg", "corrupted.png"] {
        let refused = pipeline.template(
            &[data.bytes(&format!("compreface/formats/{file}"))],
            Effort::Fast,
            &rules,
        );
        assert!(
            matches!(refused, Err(FaceError::Decode(_))),
            "{file}: {refused:?}"
        );
    }
}

/// The part of a picture around its only face, with `margin` times the face's size on each side.
fn around_the_face(pipeline: &mut Pipeline, picture: &DecodedImage, margin: f32) -> DecodedImage {
    let face = pipeline
        .main_face(picture, Effort::Accurate, &FaceRules::default())
        .unwrap()
        .bbox;
    let (dx, dy) = (face.width() * margin, face.height() * margin);
    let left = (face.left - dx).max(0.0) as u32;
    let top = (face.top - dy).max(0.0) as u32;
    let width = ((face.right + dx) as u32).min(picture.width()) - left;
    let height = ((face.bottom + dy) as u32).min(picture.height()) - top;
    let region = Region {
        left,
        top,
        width,
        height,
    };
    let rgb = resize_part(picture, region, width, height).unwrap();
    DecodedImage::from_rgb(width, height, rgb).unwrap()
}

#[test]
fn a_face_that_fills_the_frame_is_found() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let rules = FaceRules::default();
    for file in [
        "face_recognition/obama.jpg",
        "face_recognition/biden.jpg",
        "deepface/img1.jpg",
        "compreface/002_A.jpg",
        "inspireface/RD/d1.jpeg",
    ] {
        let picture = data.image(file);
        let whole = pipeline.main_face(&picture, Effort::Fast, &rules).unwrap();
        let expected = pipeline
            .embed(&picture, &[whole], Effort::Fast)
            .unwrap()
            .remove(0);
        for margin in [0.0, 0.1] {
            let tight = around_the_face(&mut pipeline, &picture, margin);
            let face = pipeline
                .main_face(&tight, Effort::Fast, &rules)
                .unwrap_or_else(|error| panic!("{file}, margin {margin}: {error}"));
            let template = pipeline
                .embed(&tight, &[face], Effort::Fast)
                .unwrap()
                .remove(0);
            let score = pipeline.similarity(&template, &expected).value();
            assert!(score > 0.85, "{file}, margin {margin}: {score}");
        }
    }
}

#[test]
fn a_thumbnail_gives_the_template_of_its_picture() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let rules = FaceRules::default();
    for file in [
        "face_recognition/obama.jpg",
        "composites/composite01_1.jpg",
        "deepface/img5.jpg",
        "lfw/images/Abel_Pacheco/Abel_Pacheco_0001.jpg",
    ] {
        let picture = data.image(file);
        let face = pipeline.main_face(&picture, Effort::Fast, &rules).unwrap();
        let expected = pipeline
            .embed(&picture, std::slice::from_ref(&face), Effort::Fast)
            .unwrap()
            .remove(0);
        let thumbnail = ImageBytes::new(
            pipeline.thumbnail(&picture, &face).unwrap(),
            &ImageLimits::default(),
        )
        .unwrap();
        let template = pipeline
            .template_of_crops(&[thumbnail], Effort::Fast, &rules)
            .unwrap();
        let score = pipeline.similarity(&template, &expected).value();
        assert!(score > 0.9, "{file}: {score}");
    }
}

#[test]
fn many_faces_where_one_is_asked_for_are_refused() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let rules = FaceRules::default();
    let mut main = |file: &str| pipeline.main_face(&data.image(file), Effort::Fast, &rules);
    assert!(matches!(
        main("compreface/000_5.jpg"),
        Err(FaceError::MultipleFaces(2..))
    ));
    assert!(matches!(
        main("face_recognition/two_people.jpg"),
        Err(FaceError::MultipleFaces(2))
    ));
    assert_eq!(main("compreface/017_0.jpg"), Err(FaceError::NoFace));
    assert_eq!(main("inspireface/crop/no_face.png"), Err(FaceError::NoFace));
    assert!(main("compreface/001_A.jpg").is_ok(), "36 megapixels");
}

#[test]
fn people_are_told_apart() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let rules = FaceRules::default();
    let mut template = |file: &str, effort| {
        pipeline
            .template(&[data.bytes(file)], effort, &rules)
            .unwrap()
    };
    for effort in [Effort::Fast, Effort::Accurate] {
        let [first, second, other] = [
            "composites/composite01_1.jpg",
            "composites/composite01_2.jpg",
            "composites/composite02_1.jpg",
        ]
        .map(|file| template(file, effort));
        assert!(first.cosine(&second) > 0.8 && first.cosine(&other) < 0.3);
    }
}

#[test]
fn liveness_of_several_crops_is_their_mean() {
    let Some(data) = data() else { return };
    let mut one = data.standard();
    let mut three = pipeline(&data.pack(STANDARD, |manifest| {
        if let Some(role) = &mut manifest.liveness {
            role.crops = 3;
        }
    }));
    let image = data.image("liveness/nuaa_genuine_1.jpg");
    let face = one
        .main_face(&image, Effort::Accurate, &FaceRules::default())
        .unwrap();
    let (width, height) = (face.bbox.width(), face.bbox.height());
    let mut sums = [0.0; 2];
    for shift in [0.0, 0.03, -0.03] {
        let mut moved = face.clone();
        moved.bbox = face.bbox.shifted(shift * width, shift * height);
        let single = one.liveness(&image, &moved).unwrap();
        for (sum, probability) in sums.iter_mut().zip(single.probabilities) {
            *sum += probability / 3.0;
        }
    }
    let mean = three.liveness(&image, &face).unwrap().probabilities;
    for (ours, expected) in mean.iter().zip(sums) {
        assert!(
            (ours - expected).abs() < 1e-4,
            "{mean:?} instead of {sums:?}"
        );
    }
}
