//! `cargo xtask bench stages`: milliseconds per stage of a `compare` on one thread, and the throughput of `compare` over HTTP
//! with all cores beside the limit that those stages imply.
//!
//! Needs `ROSTRO_TEST_MODELS` and `ORT_DYLIB_PATH`; pictures of people come from `ROSTRO_FACES`, else a composite is used.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures and prints"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use inference::{
    Effort, Engine, EngineConfig, FaceRules, ImageBytes, ImageLimits, Observer, Stage,
};
use rostro::server::Server;
use serde_json::{Value, json};
use service::{Config, decode_base64};

/// Repetitions on one thread.
const ROUNDS: u32 = 40;
/// How long the throughput is measured.
const LOAD: Duration = Duration::from_secs(10);
/// Requests under way per core.
const PER_CORE: usize = 2;

const STAGES: [Stage; 5] = [
    Stage::Decode,
    Stage::Detect,
    Stage::Align,
    Stage::Embed,
    Stage::Liveness,
];

#[tokio::main]
async fn main() -> Result<()> {
    let models = PathBuf::from(
        std::env::var_os("ROSTRO_TEST_MODELS")
            .context("ROSTRO_TEST_MODELS is not set: run `cargo xtask bench stages`")?,
    );
    let cores = std::thread::available_parallelism()?.get();
    for pack in ["standard", "mobilefacenet", "compact"] {
        if !models.join(pack).is_dir() {
            println!("{pack}: not installed, left out");
            continue;
        }
        for (label, file) in pictures() {
            let picture = std::fs::read(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let alone = alone(&models.join(pack), &picture).await?;
            let throughput = throughput(&models, pack, &picture, cores).await?;
            print(pack, &label, &alone, throughput, cores);
        }
    }
    Ok(())
}

/// What is measured with: two sizes of picture.
fn pictures() -> Vec<(String, PathBuf)> {
    let composite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg");
    let mut list = vec![("composite, 360 x 440".to_owned(), composite)];
    if let Some(faces) = std::env::var_os("ROSTRO_FACES") {
        list.push((
            "portrait, 910 x 1137".to_owned(),
            Path::new(&faces).join("face_recognition/obama.jpg"),
        ));
    }
    list
}

/// Mean milliseconds of each stage, for one picture on one thread.
async fn alone(pack: &Path, picture: &[u8]) -> Result<BTreeMap<&'static str, f64>> {
    let times: Arc<Mutex<BTreeMap<&'static str, Duration>>> = Arc::default();
    let seen = Arc::clone(&times);
    let observer: Observer =
        Arc::new(move |stage, time| *seen.lock().unwrap().entry(stage.name()).or_default() += time);
    let config = EngineConfig {
        workers: 1,
        observer: Some(observer),
        ..EngineConfig::default()
    };
    let engine = Engine::start(&packs::InstalledPack::open(pack)?, &config)?;
    let text = base64_simd::STANDARD.encode_to_string(picture);
    let mut base64 = Duration::ZERO;
    for round in 0..ROUNDS + 5 {
        if round == 5 {
            // The first rounds only warm up.
            times.lock().unwrap().clear();
            base64 = Duration::ZERO;
        }
        let start = Instant::now();
        let bytes = decode_base64(text.as_bytes()).context("base64")?;
        base64 += start.elapsed();
        let bytes = ImageBytes::new(bytes, &ImageLimits::default())?;
        engine
            .run(move |pipeline| {
                let image = pipeline.decode(&bytes)?;
                let face = pipeline.main_face(&image, Effort::Fast, &FaceRules::default())?;
                pipeline.embed(&image, std::slice::from_ref(&face), Effort::Fast)?;
                pipeline.liveness(&image, &face).map(drop)
            })
            .await??;
    }
    let mean = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(ROUNDS);
    let times = times.lock().unwrap();
    let mut means: BTreeMap<_, _> = STAGES
        .iter()
        .map(|stage| (stage.name(), mean(times[stage.name()])))
        .collect();
    means.insert("base64", mean(base64));
    Ok(means)
}

/// `compare` requests per second over HTTP, as many at a time as keep all cores busy.
async fn throughput(models: &Path, pack: &str, picture: &[u8], cores: usize) -> Result<f64> {
    let data = tempfile::tempdir()?;
    let mut config = Config::defaults()?;
    config.server.listen = "127.0.0.1:0".parse()?;
    config.server.data = data.path().to_owned();
    config.models.dir = models.to_owned();
    config.models.pack = pack.to_owned();
    let server = Server::start(config).await?;
    let account = server
        .app()
        .store
        .create_client(store::NewClient {
            name: "bench".to_owned(),
            ..Default::default()
        })
        .await?;
    let token = server
        .app()
        .tokens
        .issue(&account, Duration::from_secs(3600))?;
    let text = base64_simd::STANDARD.encode_to_string(picture);
    let body = Arc::new(serde_json::to_vec(
        &json!({ "probe": [text], "gallery": [text] }),
    )?);
    let url = format!("http://{}/v2/face-recognition/compare", server.address());
    let http = reqwest::Client::new();
    let answered = Arc::new(AtomicUsize::new(0));
    let until = Instant::now() + LOAD;
    let start = Instant::now();
    let clients: Vec<_> = (0..cores * PER_CORE)
        .map(|_| {
            let (http, url, token, body) =
                (http.clone(), url.clone(), token.clone(), Arc::clone(&body));
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                while Instant::now() < until {
                    let request = http
                        .post(&url)
                        .bearer_auth(&token)
                        .header("content-type", "application/json")
                        .body(body.to_vec());
                    let answer: Value = request.send().await?.error_for_status()?.json().await?;
                    anyhow::ensure!(
                        answer["data"]["score"] == json!(1.0),
                        "an unexpected answer"
                    );
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    let rate = answered.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    server.stop().await;
    Ok(rate)
}

fn print(pack: &str, label: &str, alone: &BTreeMap<&str, f64>, throughput: f64, cores: usize) {
    println!("\npack {pack}, {label}, one thread, mean of {ROUNDS}:");
    for stage in ["base64", "decode", "detect", "align", "embed", "liveness"] {
        println!("  {stage:<9} {:>8.2} ms", alone[stage]);
    }
    // A comparison does this for two pictures; it asks for no liveness.
    let one: f64 = ["base64", "decode", "detect", "align", "embed"]
        .iter()
        .map(|stage| alone[stage])
        .sum();
    let limit = cores as f64 * 1000.0 / (2.0 * one);
    println!(
        "  compare: {throughput:.1} requests/s over HTTP on {cores} cores, limit by the stages {limit:.1}/s, ratio {:.2}",
        throughput / limit
    );
}
