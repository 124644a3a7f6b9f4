//! Head pose on real pictures: against the reference's values, and under turns and mirroring, whose effect is known.

use std::{collections::BTreeMap, f64::consts::PI};

use packs::Decoder;

use super::{
    Data, data,
    reference::{detector, reference},
};
use crate::{
    DecodedImage, Effort, FaceRules, Pipeline, Provider, Quality,
    detect::Look,
    models::{LoadContext, PoseModel},
    picture::{Affine, warp},
    runtime,
};

/// Faces of about frontal heads, alone in their pictures.
const PORTRAITS: [&str; 8] = [
    "composites/composite01_1.jpg",
    "face_recognition/obama.jpg",
    "face_recognition/biden.jpg",
    "deepface/img1.jpg",
    "inspireface/RD/d1.jpeg",
    "lfw/images/Abel_Pacheco/Abel_Pacheco_0001.jpg",
    "lfw/images/Aaron_Peirsol/Aaron_Peirsol_0001.jpg",
    "lfw/images/Zhang_Ziyi/Zhang_Ziyi_0001.jpg",
];

fn quality(pipeline: &mut Pipeline, image: &DecodedImage) -> Option<Quality> {
    let face = pipeline
        .main_face(image, Effort::Accurate, &FaceRules::default())
        .ok()?;
    Some(pipeline.quality(image, &face).unwrap())
}

/// Yaw, pitch and roll that the reference has for a picture, signed as ours.
fn expected(entry: &serde_json::Value) -> [f32; 3] {
    let degrees = |name: &str| entry[name].as_f64().unwrap() as f32;
    [degrees("yaw"), -degrees("pitch"), degrees("roll")]
}

fn angles(quality: &Quality) -> [f32; 3] {
    [quality.yaw, quality.pitch, quality.roll]
}

/// Mean of the absolute differences of each angle.
fn mean(pairs: &[([f32; 3], [f32; 3])]) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for (ours, theirs) in pairs {
        for (sum, (a, b)) in sum.iter_mut().zip(ours.iter().zip(theirs)) {
            *sum += (a - b).abs() / pairs.len() as f32;
        }
    }
    sum
}

/// From this roll on, in degrees, the reference's own figures are no measure: it looks at tilted heads as they are, which the model
/// does not know, and is off by 15 degrees where the picture shows a line through the eyes at 50.
const TILTED: f32 = 20.0;

#[test]
fn the_pose_lies_within_five_degrees_of_the_reference() {
    let Some(data) = data() else { return };
    let (mut pipeline, mut pairs) = (data.standard(), Vec::new());
    for (file, entry) in reference(&data)["head_pose"].as_object().unwrap() {
        let quality = quality(&mut pipeline, &data.image(file)).unwrap();
        let (ours, theirs) = (angles(&quality), expected(entry));
        eprintln!("{file}: {ours:.1?}, reference {theirs:.1?}");
        if theirs[2].abs() < TILTED {
            pairs.push((ours, theirs));
        } else {
            assert!(
                ours[2] * theirs[2] > 0.0 && ours[2].abs() > TILTED,
                "{file}"
            );
        }
    }
    let off = mean(&pairs);
    eprintln!(
        "head pose: off by {off:.1?} degrees on average, {} faces",
        pairs.len()
    );
    assert!(off.iter().all(|degrees| *degrees < 5.0), "{off:?}");
    // Single ones: another detector's box is enough for that in the reference itself.
    let most = pairs
        .iter()
        .flat_map(|(ours, theirs)| ours.iter().zip(theirs));
    let most = most.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(most < 10.0, "{most}");
}

#[test]
fn one_look_at_the_reference_s_box_is_the_reference_s() {
    let Some(data) = data() else { return };
    let pack = data.pack(super::STANDARD, |_| {});
    let environment = runtime::environment(None).unwrap();
    let context = LoadContext {
        environment: &environment,
        pack: &pack,
        provider: Provider::Cpu,
        prepacked: &BTreeMap::new(),
        batch: None,
    };
    let role = pack.manifest.pose.as_ref().unwrap();
    let mut model = PoseModel::load(&context, role).unwrap().unwrap();
    let mut finder = detector(&data, "scrfd_2.5g_kps", Decoder::Scrfd, None);
    let mut pairs = Vec::new();
    for (file, entry) in reference(&data)["head_pose"].as_object().unwrap() {
        let image = data.image(file);
        let faces = finder.look(&image, &Look::reference(320)).unwrap();
        let (face, _) = FaceRules::default().largest(faces).unwrap();
        let pose = model.look(&image, &face, 0.0, 0.0).unwrap();
        pairs.push(([pose.yaw, pose.pitch, pose.roll], expected(entry)));
    }
    // The reference cuts the box at whole pixels.
    let off = mean(&pairs);
    eprintln!("head pose in the reference's boxes: off by {off:.2?} degrees on average");
    assert!(off.iter().all(|degrees| *degrees < 1.5), "{off:?}");
}

/// The picture turned clockwise as seen, about its middle.
fn turned(image: &DecodedImage, degrees: f64) -> DecodedImage {
    let (sin, cos) = (degrees * PI / 180.0).sin_cos();
    let (x, y) = (
        f64::from(image.width()) / 2.0,
        f64::from(image.height()) / 2.0,
    );
    let map = Affine([
        [cos, -sin, x - cos * x + sin * y],
        [sin, cos, y - sin * x - cos * y],
    ]);
    let rgb = warp(image, &map, image.width(), image.height()).unwrap();
    DecodedImage::from_rgb(image.width(), image.height(), rgb).unwrap()
}

fn mirrored(image: &DecodedImage) -> DecodedImage {
    let row = image.width() as usize * 3;
    let lines = image.rgb().chunks_exact(row);
    let rgb = lines.flat_map(|line| line.chunks_exact(3).rev().flatten().copied());
    DecodedImage::from_rgb(image.width(), image.height(), rgb.collect()).unwrap()
}

/// The portraits with their poses.
fn portraits(data: &Data, pipeline: &mut Pipeline) -> Vec<(DecodedImage, [f32; 3])> {
    let posed = PORTRAITS.iter().map(|file| {
        let image = data.image(file);
        let quality = quality(pipeline, &image).unwrap();
        (image, angles(&quality))
    });
    posed.collect()
}

#[test]
fn roll_follows_when_the_picture_is_turned_and_the_rest_stays() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let portraits = portraits(&data, &mut pipeline);
    for degrees in [-30.0, -15.0, 15.0, 30.0] {
        let pairs: Vec<_> = portraits
            .iter()
            .filter_map(|(image, [yaw, pitch, roll])| {
                let quality = quality(&mut pipeline, &turned(image, degrees))?;
                Some((angles(&quality), [*yaw, *pitch, roll + degrees as f32]))
            })
            .collect();
        let off = mean(&pairs);
        eprintln!(
            "turned by {degrees}: off by {off:.1?} degrees on average, {} faces",
            pairs.len()
        );
        assert!(pairs.len() >= 7, "found in {} of 8", pairs.len());
        assert!(
            off.iter().all(|degrees| *degrees < 6.0),
            "{degrees}: {off:?}"
        );
    }
}

#[test]
fn a_mirror_changes_the_signs_of_yaw_and_roll() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    let mut pairs = Vec::new();
    for (image, [yaw, pitch, roll]) in portraits(&data, &mut pipeline) {
        let quality = quality(&mut pipeline, &mirrored(&image)).unwrap();
        pairs.push((angles(&quality), [-yaw, pitch, -roll]));
    }
    let off = mean(&pairs);
    eprintln!("mirrored: off by {off:.1?} degrees on average");
    assert!(off.iter().all(|degrees| *degrees < 6.0), "{off:?}");
}

#[test]
fn without_the_pose_model_the_landmarks_tell_where_a_head_is_turned() {
    let Some(data) = data() else { return };
    let mut pack = data.pack(super::STANDARD, |_| {});
    // As installed where the optional file could not be had.
    pack.files.remove("head_pose");
    let mut pipeline = super::pipeline(&pack);
    let mut pairs = Vec::new();
    for (file, entry) in reference(&data)["head_pose"].as_object().unwrap() {
        let quality = quality(&mut pipeline, &data.image(file)).unwrap();
        let [yaw, ..] = expected(entry);
        if yaw.abs() > 20.0 {
            assert!(
                quality.yaw * yaw > 0.0,
                "{file}: yaw {} instead of {yaw}",
                quality.yaw
            );
        }
        pairs.push((angles(&quality), expected(entry)));
    }
    let [yaw, ..] = mean(&pairs);
    assert!(yaw < 9.0, "yaw is off by {yaw} degrees on average");
}
