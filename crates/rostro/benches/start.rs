//! `cargo xtask bench start`: how long a server with many enrolled faces takes until it answers searches, and until the graph
//! for `FAST` searches is there, if so many faces have one.
//!
//! Needs `ROSTRO_TEST_MODELS` and `ORT_DYLIB_PATH`. The faces are random templates, three per person, written through the
//! store; `ROSTRO_BENCH_FACES` says how many (a million when unset), `ROSTRO_BENCH_DATA` in which folder (a temporary one when
//! unset): in memory, the filling is quicker.
#![allow(clippy::print_stdout, reason = "a program that measures and prints")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rostro::server::Server;
use serde_json::{Value, json};
use service::Config;
use store::{Client, CollectionRef, ModelId, NewClient, NewCollection, NewFace, NewPerson};

/// The pack with the longer templates.
const PACK: &str = "mobilefacenet";
const PER_PERSON: usize = 3;
/// Enrolments under way while filling.
const AT_ONCE: usize = 4;
/// Searches of which the median is told.
const SEARCHES: usize = 15;
/// Longest wait for the indexes, and for the graph.
const LONGEST: Duration = Duration::from_secs(3600);

#[tokio::main]
async fn main() -> Result<()> {
    let models = PathBuf::from(
        std::env::var_os("ROSTRO_TEST_MODELS")
            .context("ROSTRO_TEST_MODELS is not set: run `cargo xtask bench start`")?,
    );
    let faces = match std::env::var("ROSTRO_BENCH_FACES") {
        Ok(text) => text.parse().context("ROSTRO_BENCH_FACES is no number")?,
        Err(_) => 1_000_000,
    };
    let folder = match std::env::var_os("ROSTRO_BENCH_DATA") {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let config = config(&models, folder.path())?;
    let (client, collection) = filled(&config, faces).await?;

    let start = Instant::now();
    let server = Server::start(config).await?;
    println!(
        "listens, serves liveness and compare: {:.1} s",
        seconds(start)
    );
    let api = Api {
        http: reqwest::Client::new(),
        base: format!("http://{}", server.address()),
        token: server.app().tokens.issue(&client, LONGEST)?,
        collection,
    };
    let ready = api.wait(|_| true).await?;
    println!(
        "serves searches of {} faces: {:.1} s",
        ready["search"]["rows"],
        seconds(start)
    );
    println!("ACCURATE: {:.1} ms", api.search("ACCURATE").await?);
    println!("{}: {:.1} ms", fast(&ready), api.search("FAST").await?);
    if ready["search"]["graphs_building"] != json!(0) {
        let ready = api
            .wait(|ready| ready["search"]["graphs_building"] == json!(0))
            .await?;
        println!("graph built: {:.0} s", seconds(start));
        println!("{}: {:.1} ms", fast(&ready), api.search("FAST").await?);
    }
    server.stop().await;
    Ok(())
}

/// What fast searches go by.
fn fast(ready: &Value) -> &'static str {
    let some = |what: &str| ready["search"][what] != json!(0);
    match (some("graphs"), some("sketches")) {
        (true, _) => "FAST, by a graph",
        (false, true) => "FAST, by sketches",
        (false, false) => "FAST, reading every template",
    }
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn config(models: &Path, data: &Path) -> Result<Config> {
    let mut config = Config::defaults()?;
    config.server.listen = "127.0.0.1:0".parse()?;
    config.server.data = data.to_owned();
    config.models.dir = models.to_owned();
    config.models.pack = PACK.to_owned();
    Ok(config)
}

/// An account with that many faces, and the code of the collection they are in.
async fn filled(config: &Config, faces: usize) -> Result<(Client, String)> {
    let server = Server::start(config.clone()).await?;
    let model = server.app().gallery.model();
    let dimension = server.app().engine.info().dimension;
    server.stop().await;
    let store = rostro::server::open_store(config).await?;
    let client = store
        .create_client(NewClient {
            name: "bench".to_owned(),
            ..NewClient::default()
        })
        .await?;
    let collection = store
        .create_collection(
            client.id,
            NewCollection {
                name: "many".to_owned(),
                ..NewCollection::default()
            },
        )
        .await?;
    let begun = Instant::now();
    let persons = faces.div_ceil(PER_PERSON);
    let enrol = |number: usize| {
        let (store, client, code) = (&store, client.id, collection.code);
        async move {
            let person = person(number, model, dimension, CollectionRef::Code(code));
            store.create_person(client, person).await?;
            if number.is_multiple_of(50_000) {
                println!(
                    "{number} of {persons} persons enrolled, {:.0} s",
                    seconds(begun)
                );
            }
            anyhow::Ok(())
        }
    };
    futures_util::stream::iter(0..persons)
        .map(enrol)
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    store.close().await;
    Ok((client, collection.code.to_string()))
}

/// A person with random templates.
fn person(number: usize, model: ModelId, dimension: usize, collection: CollectionRef) -> NewPerson {
    let mut random = StdRng::seed_from_u64(number as u64);
    let faces = (0..PER_PERSON).map(|_| {
        let vector: Vec<f32> = (0..dimension)
            .map(|_| (0..4).map(|_| random.random_range(-1.0_f32..1.0)).sum())
            .collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        NewFace {
            thumbnail: Vec::new(),
            crop: None,
            original: None,
            embedding: vector.iter().map(|x| x / length).collect(),
            model,
            quality: None,
        }
    });
    NewPerson {
        name: format!("Person {number}"),
        faces: faces.collect(),
        collections: vec![collection],
        ..NewPerson::default()
    }
}

struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
    collection: String,
}

impl Api {
    /// What `/readyz` says once the node is ready and `enough` is so.
    async fn wait(&self, enough: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let answer = self
                .http
                .get(format!("{}/readyz", self.base))
                .send()
                .await?;
            let ready = answer.status().is_success();
            let told: Value = answer.json().await?;
            if ready && enough(&told) {
                return Ok(told);
            }
            ensure!(begun.elapsed() < LONGEST, "not ready: {told}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Median milliseconds of a search, the probe's detection and template included.
    async fn search(&self, mode: &str) -> Result<f64> {
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg");
        let picture = base64_simd::STANDARD.encode_to_string(std::fs::read(picture)?);
        let body = json!({
            "images": [picture],
            "min_score": 0.5,
            "search_mode": mode,
            "collection_id": self.collection,
        });
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let begun = Instant::now();
            let request = self
                .http
                .post(format!("{}/v2/face-recognition/search", self.base));
            let answer = request.bearer_auth(&self.token).json(&body).send().await?;
            let status = answer.status();
            ensure!(
                status.is_success() || status.as_u16() == 404,
                "a search answered {status}"
            );
            answer.bytes().await?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2].as_secs_f64() * 1000.0)
    }
}
