//! What is remembered of a picture changes no answer, and spares the work.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{STANDARD, data};
use crate::{
    Effort, Engine, EngineConfig, Face, FaceRules, ImageBytes, Lane, Pipeline, Quality, Stage,
};

/// All that routes ask about a picture.
#[derive(Debug, PartialEq)]
struct Answers {
    all: Vec<Face>,
    main: Vec<Face>,
    templates: Vec<Vec<f32>>,
    liveness: Vec<f32>,
    quality: Quality,
    thumbnail: Vec<u8>,
}

fn answers(pipeline: &mut Pipeline, file: &ImageBytes) -> Answers {
    let rules = FaceRules::default();
    let image = pipeline.decode(file).unwrap();
    let all = pipeline.faces(&image).unwrap();
    let efforts = [Effort::Fast, Effort::Accurate];
    let main = efforts.map(|effort| pipeline.main_face(&image, effort, &rules).unwrap());
    let mut templates = Vec::new();
    for (effort, face) in efforts.into_iter().zip(&main) {
        let faces = std::slice::from_ref(face);
        templates.extend(pipeline.embed(&image, faces, effort).unwrap());
        let files = std::slice::from_ref(file);
        templates.push(pipeline.template(files, effort, &rules).unwrap());
        let several = [file.clone(), file.clone()];
        templates.push(pipeline.template(&several, effort, &rules).unwrap());
    }
    let whole = pipeline.decode_whole(file).unwrap();
    let face = pipeline.largest_face(&whole, Effort::Accurate, &rules);
    let (face, _) = face.unwrap();
    Answers {
        templates: templates
            .iter()
            .map(|one| one.as_slice().to_vec())
            .collect(),
        liveness: pipeline.liveness(&whole, &face).unwrap().probabilities,
        quality: pipeline.quality(&whole, &face).unwrap(),
        thumbnail: pipeline.thumbnail(&image, &main[0]).unwrap(),
        all,
        main: main.to_vec(),
    }
}

/// What has run in each stage since it was last asked.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<BTreeMap<&'static str, Duration>>>);

impl Log {
    fn took(&self, stage: Stage) -> Option<Duration> {
        self.0.lock().unwrap().get(stage.name()).copied()
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn a_picture_that_comes_again_gets_the_same_answers_without_the_models() {
    let Some(data) = data() else { return };
    let log = Log::default();
    let seen = log.clone();
    let config = EngineConfig {
        workers: 1,
        remember: Duration::from_secs(600),
        observer: Some(Arc::new(move |stage: Stage, time| {
            *seen.0.lock().unwrap().entry(stage.name()).or_default() += time;
        })),
        ..EngineConfig::default()
    };
    let engine = Engine::start(&data.pack(STANDARD, |_| {}), &config).unwrap();
    // Of 0.2 and of 12 megapixels.
    for name in ["face_recognition/obama_small.jpg", "compreface/004_A.jpg"] {
        let file = data.bytes(name);
        let ask = async |lane| {
            log.clear();
            let file = file.clone();
            let work = move |pipeline: &mut Pipeline| answers(pipeline, &file);
            engine.run_for(lane, work).await.unwrap()
        };
        // Nobody in particular: nothing is remembered.
        let fresh = ask(Lane::default()).await;
        let first = ask(Lane(1)).await;
        let embedding = log.took(Stage::Embed);
        assert!(embedding.is_some());
        let again = ask(Lane(1)).await;
        assert_eq!(log.took(Stage::Embed), None, "{name}");
        assert!(first == fresh && again == fresh, "{name}");
        let other = ask(Lane(2)).await;
        assert!(log.took(Stage::Embed).is_some(), "somebody else's");
        assert!(other == fresh, "{name}");
    }
    engine.forget();
}
