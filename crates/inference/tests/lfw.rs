#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test: to fail is its job"
)]
//! LFW's 6,000 pairs through the engine: thresholds mean what the calibration says.
//!
//! Needs `ROSTRO_TEST_MODELS` (installed packs), `ROSTRO_FACES` (with `lfw/`) and `ORT_DYLIB_PATH`, which `cargo xtask test` sets.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use inference::{
    Effort, Embedding, Engine, EngineConfig, FaceError, FaceRules, ImageBytes, ImageLimits,
};

struct Pair {
    a: String,
    b: String,
    same: bool,
}

fn pairs(lfw: &Path) -> Vec<Pair> {
    let text = std::fs::read_to_string(lfw.join("pairs.txt")).unwrap();
    let file = |name: &str, number: &str| format!("{name}/{name}_{:0>4}.jpg", number);
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            [name, a, b] => Pair {
                a: file(name, a),
                b: file(name, b),
                same: true,
            },
            [name, a, other, b] => Pair {
                a: file(name, a),
                b: file(other, b),
                same: false,
            },
            _ => panic!("pairs.txt: {line:?}"),
        }
    };
    text.lines().skip(1).map(parse).collect()
}

/// The installed pack and LFW's folder, or a loud word that the test is skipped.
fn setting(pack: &str) -> Option<(packs::InstalledPack, PathBuf)> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let dir = folder("ROSTRO_TEST_MODELS").map(|models| models.join(pack));
    let lfw = folder("ROSTRO_FACES").map(|faces| faces.join("lfw"));
    match (dir, lfw, std::env::var_os("ORT_DYLIB_PATH")) {
        (Some(dir), Some(lfw), Some(_)) if dir.is_dir() && lfw.is_dir() => {
            Some((packs::InstalledPack::open(&dir).unwrap(), lfw))
        }
        _ => {
            eprintln!(
                "SKIPPED: needs the pack {pack} in ROSTRO_TEST_MODELS, lfw/ in ROSTRO_FACES, and ORT_DYLIB_PATH"
            );
            None
        }
    }
}

/// What the 6,000 pairs show of a pack.
struct Outcome {
    /// Fractions of the 3,000 same-person pairs that match at 0.75 and at 0.85.
    genuine: [f64; 2],
    /// Numbers of the 3,000 different-person pairs that match at 0.75 and at 0.85.
    impostors: [usize; 2],
    /// Pictures that gave no template, and those of them in which no face was found.
    refused: usize,
    faceless: usize,
    /// Mean accuracy of the ten folds, each at the threshold that is best on the nine others.
    accuracy: f64,
}

/// The protocol's accuracy. `scores` are in the order of `pairs.txt`: ten folds of 600.
fn accuracy(scores: &[(bool, f64)]) -> f64 {
    let right = |pairs: &[&(bool, f64)], threshold: f64| {
        let right = pairs
            .iter()
            .filter(|(same, score)| *same == (*score >= threshold));
        right.count() as f64 / pairs.len() as f64
    };
    let fold = |number: usize| {
        let own = number * 600..(number + 1) * 600;
        let (test, train): (Vec<_>, Vec<_>) = scores
            .iter()
            .enumerate()
            .partition(|(at, _)| own.contains(at));
        let [test, train] =
            [test, train].map(|part| part.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>());
        let thresholds = (1..1000).map(|step| f64::from(step) / 1000.0);
        let best = thresholds.max_by(|a, b| right(&train, *a).total_cmp(&right(&train, *b)));
        right(&test, best.unwrap())
    };
    (0..10).map(fold).sum::<f64>() / 10.0
}

async fn evaluate(engine: &Engine, lfw: &Path) -> Outcome {
    let pairs = pairs(lfw);
    let mut jobs = BTreeMap::new();
    let gate = Arc::new(tokio::sync::Semaphore::new(engine.info().queue));
    for file in pairs.iter().flat_map(|pair| [&pair.a, &pair.b]) {
        if jobs.contains_key(file) {
            continue;
        }
        let permit = Arc::clone(&gate).acquire_owned().await.unwrap();
        let bytes = std::fs::read(lfw.join("images").join(file)).unwrap();
        let bytes = ImageBytes::new(bytes, &ImageLimits::default()).unwrap();
        let engine = engine.clone();
        let job = tokio::spawn(async move {
            let rules = FaceRules::default();
            let template = engine
                .run(move |pipeline| pipeline.template(&[bytes], Effort::Fast, &rules))
                .await
                .unwrap();
            drop(permit);
            template
        });
        jobs.insert(file.clone(), job);
    }
    let mut templates: BTreeMap<String, Embedding> = BTreeMap::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut faceless = 0;
    for (file, job) in jobs {
        match job.await.unwrap() {
            Ok(template) => drop(templates.insert(file, template)),
            Err(error @ (FaceError::NoFace | FaceError::MultipleFaces(_))) => {
                faceless += usize::from(error == FaceError::NoFace);
                *refused.entry(error.to_string()).or_default() += 1;
            }
            Err(other) => panic!("{file}: {other}"),
        }
    }
    eprintln!("{}: refused: {refused:?}", engine.info().pack);
    let scores: Vec<(bool, f64)> = engine
        .run(move |pipeline| {
            let score = |pair: &Pair| match (templates.get(&pair.a), templates.get(&pair.b)) {
                (Some(a), Some(b)) => pipeline.similarity(a, b).rounded(),
                _ => 0.0,
            };
            pairs.iter().map(|pair| (pair.same, score(pair))).collect()
        })
        .await
        .unwrap();
    let above = |same: bool, threshold: f64| {
        scores
            .iter()
            .filter(|(of, score)| *of == same && *score >= threshold)
            .count()
    };
    let outcome = Outcome {
        genuine: [0.75, 0.85].map(|threshold| above(true, threshold) as f64 / 3000.0),
        impostors: [0.75, 0.85].map(|threshold| above(false, threshold)),
        refused: refused.values().sum(),
        faceless,
        accuracy: accuracy(&scores),
    };
    eprintln!(
        "{}: same person matches at 0.75: {:.2} %, at 0.85: {:.2} %; different persons: {} and {} of 3000; accuracy {:.2} %",
        engine.info().pack,
        outcome.genuine[0] * 100.0,
        outcome.genuine[1] * 100.0,
        outcome.impostors[0],
        outcome.impostors[1],
        outcome.accuracy * 100.0
    );
    outcome
}

/// What a pack must reach: fractions of the same-person pairs that match at 0.75 and at 0.85, and the protocol's accuracy.
struct Least {
    genuine: [f64; 2],
    accuracy: f64,
}

async fn check(pack: &str, least: Least) {
    let Some((pack, lfw)) = setting(pack) else {
        return;
    };
    let engine = Engine::start(&pack, &EngineConfig::default()).unwrap();
    let outcome = evaluate(&engine, &lfw).await;
    assert_eq!(outcome.impostors[1], 0, "different persons matched at 0.85");
    // 3,000 pairs at FMR 1e-4: 0.3 expected; more than 4 has a probability below 1e-4.
    assert!(
        outcome.impostors[0] <= 4,
        "{} different persons matched at 0.75",
        outcome.impostors[0]
    );
    for (found, least) in outcome.genuine.iter().zip(least.genuine) {
        assert!(
            *found >= least,
            "only {found} of the same persons matched, not {least}"
        );
    }
    assert!(
        outcome.accuracy >= least.accuracy,
        "the accuracy is {}",
        outcome.accuracy
    );
    assert!(
        outcome.refused <= 77 && outcome.faceless <= 7,
        "{} of 7701 pictures were refused, {} of them without a face",
        outcome.refused,
        outcome.faceless
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thresholds_of_the_standard_pack_hold() {
    let least = Least {
        genuine: [0.98, 0.91],
        accuracy: 0.99,
    };
    check("standard", least).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thresholds_of_the_mobilefacenet_pack_hold() {
    let least = Least {
        genuine: [0.98, 0.94],
        accuracy: 0.99,
    };
    check("mobilefacenet", least).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thresholds_of_the_compact_pack_hold() {
    let least = Least {
        genuine: [0.80, 0.25],
        accuracy: 0.99,
    };
    check("compact", least).await;
}
