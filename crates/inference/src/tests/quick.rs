//! What makes models quicker changes nothing of what they say.

use std::collections::BTreeMap;

use ort::session::builder::SessionBuilder;

use super::{STANDARD, data};
use crate::{
    Effort, Provider,
    align::AlignedFace,
    models::{Embedder, LoadContext, Model},
    runtime,
};

/// Aligned faces of different noise.
fn faces(count: usize) -> Vec<AlignedFace> {
    let face = |number: usize| {
        let levels = (0..112 * 112 * 3).map(move |at: usize| (at * (7 + number) % 253) as u8);
        AlignedFace {
            side: 112,
            rgb: levels.collect(),
        }
    };
    (0..count).map(face).collect()
}

#[test]
fn faces_have_the_same_templates_one_two_or_any_number_at_a_time() {
    let Some(data) = data() else { return };
    let pack = data.pack(STANDARD, |_| {});
    let environment = runtime::environment(None).unwrap();
    let mut context = LoadContext {
        environment: &environment,
        pack: &pack,
        provider: Provider::Cpu,
        prepacked: &BTreeMap::new(),
        batch: None,
    };
    let role = &pack.manifest.embedder;
    let mut any = Embedder::load(&context).unwrap();
    context.batch = Model::batch_dimension(&context, &role.file).unwrap();
    assert!(context.batch.is_some(), "the number is open in this file");
    let mut fixed = Embedder::load(&context).unwrap();
    for count in 1..=5 {
        for effort in [Effort::Fast, Effort::Accurate] {
            let templates = [&mut any, &mut fixed].map(|embedder| {
                let templates = embedder.embed(&faces(count), effort).unwrap();
                assert_eq!(templates.len(), count);
                templates
            });
            for (a, b) in templates[0].iter().zip(&templates[1]) {
                assert!(a.cosine(b) > 0.999_99, "{count} faces: {}", a.cosine(b));
            }
        }
    }
}

/// The reference of all models is checked with whatever loads; this is that the quicker form does.
#[test]
fn models_without_prelu_load() {
    let Some(data) = data() else { return };
    let environment = runtime::environment(None).unwrap();
    for file in [
        "minifasnet_v2_2.7_80x80",
        "minifasnet_v1se_4.0_80x80",
        "mobilefacenet_mbf_esp",
        "face_reidentification_retail_0095",
    ] {
        let path = data.models.join(format!("{file}.onnx"));
        let Ok(model) = std::fs::read(&path) else {
            panic!("{} is not there", path.display());
        };
        let quicker = onnx::without_prelu(&model).unwrap_or_else(|| panic!("{file} has none"));
        let mut builder = SessionBuilder::new(&environment).unwrap();
        builder.commit_from_memory(&quicker).unwrap();
    }
}
