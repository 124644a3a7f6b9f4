//! Our results equal those of the reference pipeline (Python, OpenCV), which are in the mirror's `reference.json`.

use std::collections::BTreeMap;

use packs::{Channels, Decoder, Template, Tensor};
use serde_json::Value;

use super::{Data, STANDARD, data, pipeline};
use crate::{
    Effort, Embedding, Face, Pipeline, Point, Provider,
    align::align,
    detect::{Detector, Look},
    models::{LoadContext, Model},
    runtime,
};

pub(super) fn reference(data: &Data) -> Value {
    serde_json::from_slice(&std::fs::read(data.models.join("reference.json")).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap() as f32)
        .collect()
}

fn points(values: &[f32]) -> [Point; 5] {
    std::array::from_fn(|i| Point::new(values[2 * i], values[2 * i + 1]))
}

const PLAIN_BGR: Tensor = Tensor {
    channels: Channels::Bgr,
    mean: 0.0,
    scale: 1.0,
};
const SCRFD_RGB: Tensor = Tensor {
    channels: Channels::Rgb,
    mean: 127.5,
    scale: 1.0 / 128.0,
};

/// A detector from a file of the mirror.
pub(super) fn detector(
    data: &Data,
    file: &str,
    decoder: Decoder,
    fixed: Option<[u32; 2]>,
) -> Detector {
    let pack = data.pack(STANDARD, |manifest| {
        let role = &mut manifest.detector;
        (role.file, role.decoder, role.fixed) = (format!("{file}.onnx"), decoder, fixed);
        (role.tensor, role.score, role.nms) = match decoder {
            Decoder::Scrfd => (SCRFD_RGB, 0.5, 0.4),
            _ => (PLAIN_BGR, 0.6, 0.3),
        };
    });
    let environment = runtime::environment(None).unwrap();
    Detector::load(&LoadContext {
        environment: &environment,
        pack: &pack,
        provider: Provider::Cpu,
        prepacked: &BTreeMap::new(),
        batch: None,
    })
    .unwrap()
}

#[test]
fn models_compute_what_the_reference_computed() {
    let Some(data) = data() else { return };
    let environment = runtime::environment(None).unwrap();
    for (name, expected) in reference(&data)["synthetic"].as_object().unwrap() {
        let pack = data.pack(STANDARD, |manifest| {
            manifest.detector.file = format!("{name}.onnx")
        });
        let context = LoadContext {
            environment: &environment,
            pack: &pack,
            provider: Provider::Cpu,
            prepacked: &BTreeMap::new(),
            batch: None,
        };
        let mut model = Model::load(&context, &format!("{name}.onnx")).unwrap();
        let (height, width) = (
            expected["shape"][2].as_u64().unwrap() as usize,
            expected["shape"][3].as_u64().unwrap() as usize,
        );
        let (mean, scale) = (
            expected["mean"].as_f64().unwrap() as f32,
            expected["scale"].as_f64().unwrap() as f32,
        );
        let input: Vec<f32> = (0..3)
            .flat_map(|c| {
                (0..height).flat_map(move |y| {
                    (0..width)
                        .map(move |x| (((c * 31 + y * 7 + x * 3) % 256) as f32 - mean) * scale)
                })
            })
            .collect();
        let outputs = model.run([1, 3, height, width], &input).unwrap();
        for (output, expected) in expected["outputs"].as_object().unwrap() {
            let (_, values) = outputs[output.as_str()]
                .try_extract_tensor::<f32>()
                .unwrap();
            for (ours, theirs) in values.iter().zip(floats(&expected["first8"])) {
                assert!(
                    (ours - theirs).abs() <= 1e-3 * (1.0 + theirs.abs()),
                    "{name} {output}: {ours} instead of {theirs}"
                );
            }
            let length = values
                .iter()
                .map(|v| f64::from(*v).powi(2))
                .sum::<f64>()
                .sqrt();
            let expected = expected["l2"].as_f64().unwrap();
            assert!(
                (length - expected).abs() <= 1e-3 * (1.0 + expected),
                "{name} {output}: length {length} instead of {expected}"
            );
        }
    }
}

#[test]
fn boxes_and_landmarks_lie_within_a_pixel_at_640() {
    let Some(data) = data() else { return };
    let detectors = [
        ("yunet_n_dynamic", Decoder::Yunet, None),
        (
            "face_detection_yunet_2023mar",
            Decoder::Yunet,
            Some([640, 640]),
        ),
        ("scrfd_2.5g_kps", Decoder::Scrfd, None),
        ("det_500m", Decoder::Scrfd, None),
    ];
    let mut worst = 0.0_f32;
    for (name, decoder, fixed) in detectors {
        let mut detector = detector(&data, name, decoder, fixed);
        for (file, expected) in reference(&data)["detect"].as_object().unwrap() {
            let image = data.image(file);
            let found = detector.look(&image, &Look::reference(640)).unwrap();
            let expected = &expected[format!("{name}@640")];
            assert_eq!(
                found.len() as u64,
                expected["count"].as_u64().unwrap(),
                "{name} on {file}"
            );
            // One pixel of the 640 look, in pixels of the picture; the reference is rounded to a tenth.
            let pixel = image.width().max(image.height()) as f32 / 640.0;
            for face in expected["faces"].as_array().unwrap() {
                let (bbox, landmarks) = (floats(&face["box"]), points(&floats(&face["kps"])));
                let ours = found
                    .iter()
                    .min_by(|a, b| {
                        (a.bbox.left - bbox[0])
                            .abs()
                            .total_cmp(&(b.bbox.left - bbox[0]).abs())
                    })
                    .unwrap();
                let edges = [
                    ours.bbox.left - bbox[0],
                    ours.bbox.top - bbox[1],
                    ours.bbox.right - bbox[2],
                    ours.bbox.bottom - bbox[3],
                ];
                let shifts = ours
                    .landmarks
                    .iter()
                    .zip(&landmarks)
                    .flat_map(|(a, b)| [a.x - b.x, a.y - b.y]);
                let off = edges
                    .into_iter()
                    .chain(shifts)
                    .map(f32::abs)
                    .fold(0.0, f32::max);
                worst = worst.max((off - 0.05) / pixel);
                assert!(
                    off <= pixel + 0.05,
                    "{name} on {file}: off by {off} px of the picture, {} of the look",
                    off / pixel
                );
                assert!(
                    (ours.score - face["score"].as_f64().unwrap() as f32).abs() < 0.02,
                    "{name} on {file}: score {}",
                    ours.score
                );
            }
        }
    }
    eprintln!("boxes and landmarks: at most {worst:.2} px of the 640 look from the reference");
}

/// Pipelines over each embedding model of the mirror that takes the ArcFace template.
fn embedders(data: &Data) -> Vec<(&'static str, Pipeline)> {
    [
        "mobilefacenet_mbf_esp",
        "w600k_mbf_dequant",
        "edgeface_xs",
        "edgeface_xxs",
    ]
    .into_iter()
    .map(|name| {
        (
            name,
            pipeline(&data.pack(STANDARD, |manifest| {
                manifest.embedder.file = format!("{name}.onnx")
            })),
        )
    })
    .collect()
}

fn face_at(landmarks: [Point; 5]) -> Face {
    Face {
        bbox: crate::BoundingBox {
            left: 0.0,
            top: 0.0,
            right: 1.0,
            bottom: 1.0,
        },
        landmarks,
        score: 1.0,
    }
}

#[test]
fn templates_equal_the_reference() {
    let Some(data) = data() else { return };
    let reference = reference(&data);
    for (name, mut pipeline) in embedders(&data) {
        let mut templates: BTreeMap<&str, Embedding> = BTreeMap::new();
        for (file, expected) in reference["embed"].as_object().unwrap() {
            let image = data.image(file);
            let landmarks = points(&floats(&expected["kps"]));
            let template = pipeline
                .embed(&image, &[face_at(landmarks)], Effort::Fast)
                .unwrap()
                .remove(0);
            // Of the reference's template eight components are known. A cosine of 0.999 allows a distance of 0.045 over all 512,
            // which is 0.0056 over an average eight.
            let expected = floats(&expected[name]["first8_l2normalised"]);
            let distance = template
                .as_slice()
                .iter()
                .zip(&expected)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f32>()
                .sqrt();
            assert!(
                distance < 0.0056,
                "{name} on {file}: distance {distance} over the first eight components"
            );
            templates.insert(file, template);
        }
        for pair in reference["pairs"].as_array().unwrap() {
            let [a, b] = ["a", "b"].map(|side| &templates[pair[side].as_str().unwrap()]);
            let (ours, theirs) = (a.cosine(b), pair["cosine"][name].as_f64().unwrap() as f32);
            assert!(
                (ours - theirs).abs() < 0.005,
                "{name}: cosine {ours} instead of {theirs} for {} and {}",
                pair["a"],
                pair["b"]
            );
        }
    }
}

#[test]
fn liveness_lies_within_a_hundredth() {
    let Some(data) = data() else { return };
    let mut pipeline = data.standard();
    for (file, expected) in reference(&data)["liveness"].as_object().unwrap() {
        let Some(bbox) = expected["box"].as_array() else {
            continue;
        };
        let edges = floats(&Value::from(bbox.clone()));
        let bbox = crate::BoundingBox {
            left: edges[0],
            top: edges[1],
            right: edges[2],
            bottom: edges[3],
        };
        let face = Face {
            bbox,
            landmarks: [Point::default(); 5],
            score: 1.0,
        };
        let liveness = pipeline
            .liveness(&data.image(&format!("liveness/{file}")), &face)
            .unwrap();
        for (ours, name) in liveness
            .probabilities
            .iter()
            .zip(["minifasnet_v2", "minifasnet_v1se"])
        {
            let theirs = expected[name][1].as_f64().unwrap() as f32;
            assert!(
                (ours - theirs).abs() <= 0.01,
                "{name} on {file}: {ours} instead of {theirs}"
            );
        }
    }
}

#[test]
fn eyes_are_open_where_the_reference_says_so() {
    let Some(data) = data() else { return };
    let mut finder = detector(&data, "scrfd_2.5g_kps", Decoder::Scrfd, None);
    let mut pipeline = data.standard();
    let reference = reference(&data);
    // Not the turned heads of `pose/`: there half a pixel of the landmark turns the reference itself from open to closed.
    let frontal = reference["eyes"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(file, _)| !file.contains("/pose/"));
    for (file, expected) in frontal {
        let image = data.image(file);
        let mut faces = finder.look(&image, &Look::reference(320)).unwrap();
        faces.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        assert!(align(&image, &faces[0].landmarks, Template::Arcface).is_some());
        let quality = pipeline.quality(&image, &faces[0]).unwrap();
        for (ours, side) in quality
            .eyes_open
            .unwrap()
            .iter()
            .zip(["p_open_image_left_eye", "p_open_image_right_eye"])
        {
            let theirs = expected[side].as_f64().unwrap() as f32;
            assert!(
                (ours - theirs).abs() < 0.1,
                "{file} {side}: {ours} instead of {theirs}"
            );
        }
    }
}
