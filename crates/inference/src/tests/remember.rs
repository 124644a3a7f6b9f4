//! What is remembered of a picture changes no answer, and spares the work.

use std::{
    collections::HashSet,
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

/// The stages that have run since it was cleared.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<HashSet<Stage>>>);

impl Log {
    fn has(&self, stage: Stage) -> bool {
        self.0.lock().unwrap().contains(&stage)
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
        observer: Some(Arc::new(move |stage, _| {
            seen.0.lock().unwrap().insert(stage);
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
        assert!(log.has(Stage::Embed));
        let again = ask(Lane(1)).await;
        assert!(!log.has(Stage::Embed), "{name}");
        assert!(first == fresh && again == fresh, "{name}");
        let other = ask(Lane(2)).await;
        assert!(log.has(Stage::Embed), "somebody else's");
        assert!(other == fresh, "{name}");
    }
}
