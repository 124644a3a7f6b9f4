//! What is remembered of pictures: the same answers with less work, for the account that sent them.

use std::{
    collections::BTreeMap,
    io::BufReader,
    path::Path,
    process::{ChildStdout, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{Serving, common, out, rostro};

/// A server as a process of its own: its metrics are nobody else's.
struct Site {
    _serving: Serving,
    _stdout: BufReader<ChildStdout>,
    base: String,
    http: Client,
}

impl Site {
    async fn start(home: &Path, remember: &str) -> Option<Self> {
        let (config, _data) = common::config()?;
        let child = rostro(home, &["serve"])
            .env("ROSTRO_SERVER__LISTEN", "127.0.0.1:0")
            .env("ROSTRO_MODELS__DIR", &config.models.dir)
            .env("ROSTRO_MODELS__PACK", &config.models.pack)
            .env("ROSTRO_INFERENCE__WORKERS", "1")
            .env("ROSTRO_INFERENCE__REMEMBER", remember)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut serving = Serving(child.unwrap());
        let (stdout, banner) = serving.banner();
        let (_, base) = banner.split_once(" serves ").unwrap();
        let base = base.lines().next().unwrap().to_owned();
        let http = Client::builder().no_proxy().build().unwrap();
        while !http
            .get(format!("{base}/readyz"))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
        {}
        Some(Self {
            _serving: serving,
            _stdout: stdout,
            base,
            http,
        })
    }

    async fn metrics(&self) -> String {
        let metrics = self.http.get(format!("{}/metrics", self.base)).send();
        metrics.await.unwrap().text().await.unwrap()
    }

    /// Pictures of which something is remembered.
    async fn remembered(&self) -> usize {
        let text = self.metrics().await;
        let mut lines = text.lines();
        let count = lines.find_map(|line| line.strip_prefix("rostro_inference_remembered "));
        count.unwrap().parse().unwrap()
    }

    /// How often each stage has run.
    async fn runs(&self) -> BTreeMap<String, u64> {
        let text = self.metrics().await;
        let counts = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("rostro_inference_stage_seconds_count{stage=\"")?;
            let (stage, count) = rest.split_once("\"} ")?;
            Some((stage.to_owned(), count.parse().unwrap()))
        });
        counts.collect()
    }

    /// The figures of a live-and-same question about a picture, and how often each model ran for it.
    async fn ask(&self, token: &str, picture: &str) -> (Vec<Value>, BTreeMap<String, u64>) {
        let before = self.runs().await;
        let mut figures = Vec::new();
        for (call, body, pointer) in [
            (
                "liveness",
                json!({ "os": "DESKTOP", "image": picture }),
                "/data/liveness_score",
            ),
            (
                "compare",
                json!({ "probe": [picture], "gallery": [picture] }),
                "/data/score",
            ),
            ("detect", json!({ "image": picture }), "/data/faces"),
        ] {
            let url = format!("{}/v2/face-recognition/{call}", self.base);
            let asked = self.http.post(url).bearer_auth(token).json(&body).send();
            let answer: Value = asked.await.unwrap().json().await.unwrap();
            let figure = answer.pointer(pointer);
            assert!(figure.is_some(), "{answer}");
            figures.extend(figure.cloned());
        }
        let mut runs = self.runs().await;
        for (stage, count) in &mut runs {
            *count -= before.get(stage).copied().unwrap_or_default();
        }
        (figures, runs)
    }
}

/// A picture in base64.
fn composite() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg");
    STANDARD.encode(std::fs::read(file).unwrap())
}

/// A token of an account of the site in `home`.
fn token(home: &Path, account: &str) -> String {
    let issue = rostro(home, &["token", "issue", "--client", account]).output();
    out(&issue.unwrap()).trim().to_owned()
}

#[tokio::test]
async fn a_picture_that_comes_again_is_not_embedded_again_for_its_account() {
    let picture = composite();
    let mut answers = Vec::new();
    for remember in ["10m", "0s"] {
        let home = tempfile::tempdir().unwrap();
        let Some(site) = Site::start(home.path(), remember).await else {
            return;
        };
        let [one, other] = ["one", "other"].map(|account| token(home.path(), account));
        let embeddings = async |token: &str| {
            let (figures, runs) = site.ask(token, &picture).await;
            (figures, runs["embed"])
        };
        let first = embeddings(&one).await;
        let again = embeddings(&one).await;
        let others = embeddings(&other).await;
        assert_eq!(first.1, 1);
        assert_eq!(again.1, u64::from(remember == "0s"));
        assert_eq!(others.1, 1, "nobody learns that the picture was there");
        let pictures = if remember == "0s" { 0 } else { 2 };
        assert_eq!(site.remembered().await, pictures, "one of each account");
        answers.extend([first.0, again.0, others.0]);
    }
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_picture_is_forgotten_though_nobody_asks_again() {
    let home = tempfile::tempdir().unwrap();
    let Some(site) = Site::start(home.path(), "3s").await else {
        return;
    };
    let token = token(home.path(), "one");
    site.ask(&token, &composite()).await;
    assert_eq!(site.remembered().await, 1);
    // However long it takes: that it ends is the test.
    while site.remembered().await > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
