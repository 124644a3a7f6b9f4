//! The converted models of the pack `compact` compute what TensorFlow.js computes: `data/reference.json` has its outputs (release
//! 4.22, processor backend) on a synthetic picture, some values of each with the length of all.
//!
//! Needs `ROSTRO_TEST_MODELS` (with that pack) and `ORT_DYLIB_PATH`, which `cargo xtask test` sets.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test: to fail is its job"
)]

#[path = "../src/testing.rs"]
mod testing;

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    side: usize,
    scale: f32,
    outputs: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Output {
    count: usize,
    at: BTreeMap<usize, f32>,
    length: f64,
    largest: f32,
}

/// `[1, C, H, W]` as TensorFlow has it, `[1, H, W, C]`; other shapes as they are.
fn channels_last(shape: &[i64], values: &[f32]) -> Vec<f32> {
    let [1, channels, height, width] = *shape else {
        return values.to_vec();
    };
    let (channels, pixels) = (channels as usize, (height * width) as usize);
    let value = |at: usize| values[at % channels * pixels + at / channels];
    (0..values.len()).map(value).collect()
}

#[test]
fn converted_models_compute_what_tensorflow_js_computes() {
    let folder =
        std::env::var_os("ROSTRO_TEST_MODELS").map(|models| PathBuf::from(models).join("compact"));
    let Some(folder) = folder.filter(|folder| folder.join("pack.toml").is_file()) else {
        eprintln!("SKIPPED: needs the pack compact in ROSTRO_TEST_MODELS");
        return;
    };
    let models: BTreeMap<String, Model> =
        serde_json::from_str(include_str!("data/reference.json")).unwrap();
    for (name, model) in models {
        let file = std::fs::read(folder.join(format!("{name}.onnx"))).unwrap();
        let pixels = model.side * model.side;
        let picture: Vec<f32> = testing::synthetic(3 * pixels)
            .iter()
            .map(|value| value * model.scale)
            .collect();
        let planes: Vec<f32> = (0..3 * pixels)
            .map(|at| picture[at % pixels * 3 + at / pixels])
            .collect();
        let Some(outputs) = testing::run(&file, [1, 3, model.side, model.side], &planes) else {
            return;
        };
        assert_eq!(
            outputs.keys().collect::<Vec<_>>(),
            model.outputs.keys().collect::<Vec<_>>()
        );
        for (output, expected) in model.outputs {
            let (shape, values) = &outputs[&output];
            let values = channels_last(shape, values);
            assert_eq!(values.len(), expected.count, "{name}: {output}");
            for (at, right) in expected.at {
                let off = (values[at] - right).abs();
                assert!(
                    off <= 1e-5 * expected.largest,
                    "{name}: {output}[{at}] is {} instead of {right}",
                    values[at]
                );
            }
            let length = values
                .iter()
                .map(|value| f64::from(*value).powi(2))
                .sum::<f64>()
                .sqrt();
            assert!(
                (length / expected.length - 1.0).abs() < 1e-5,
                "{name}: {output}: {length}"
            );
        }
    }
}
