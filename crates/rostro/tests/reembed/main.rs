//! A change of the model pack: persons that were enrolled with one are found with the other.
#![allow(clippy::print_stderr, reason = "a skipped test must say so")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails says where"
)]

#[path = "../common/mod.rs"]
mod common;

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{
    answer,
    database::{Kind, TestDatabase},
};
use rostro::server::Server;
use serde_json::{Value, json};
use service::{App, Config, Reembedded, Reembedder, config::Secret};
use store::{Client, ModelId, NewClient, Template};

/// One database that servers with different packs are started on.
struct Site {
    config: Config,
    _folder: tempfile::TempDir,
    database: TestDatabase,
}

impl Site {
    /// `None` (and a loud line) when this machine has not both packs, or no such database.
    async fn new(kind: Kind) -> Option<Self> {
        let (mut config, folder) = common::config()?;
        let second = config.models.dir.join("mobilefacenet/pack.toml");
        if !second.is_file() {
            eprintln!("SKIPPED: the pack mobilefacenet is not installed");
            return None;
        }
        let database = TestDatabase::create(kind).await?;
        config.database.url = Secret::new(&database.url);
        Some(Self {
            config,
            _folder: folder,
            database,
        })
    }

    async fn serve(&self, pack: &str) -> Server {
        let mut config = self.config.clone();
        config.models.pack = pack.to_owned();
        let server = Server::start(config).await.unwrap();
        let gallery = &server.app().gallery;
        gallery.reached(store::Revision::ZERO).await.unwrap();
        server
    }
}

fn picture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    STANDARD.encode(std::fs::read(path).unwrap())
}

async fn post(server: &Server, client: &Client, path: &str, body: Value) -> (u16, Value) {
    let app = server.app();
    let token = app
        .tokens
        .issue(client, app.config.auth.token_life)
        .unwrap();
    let url = format!("http://{}/v2/face-recognition/{path}", server.address());
    answer(
        reqwest::Client::new()
            .post(url)
            .bearer_auth(token)
            .json(&body),
    )
    .await
}

async fn enrol(server: &Server, client: &Client, name: &str, pictures: &[&str]) {
    let images: Vec<String> = pictures.iter().map(|name| picture(name)).collect();
    let body = json!({ "name": name, "images": images, "gender": "M", "date_of_birth": "1990-01-15", "nationality": "US" });
    let (status, answer) = post(server, client, "persons", body).await;
    assert!((200..300).contains(&status), "{answer}");
}

/// The names of the persons who are found by a picture.
async fn found(server: &Server, client: &Client, name: &str) -> Vec<String> {
    let body = json!({ "images": [picture(name)], "min_score": 0.75, "search_mode": "FAST" });
    let (status, answer) = post(server, client, "search", body).await;
    assert_eq!(status, 200, "{answer}");
    let persons = answer["data"].as_array().cloned().unwrap_or_default();
    persons
        .iter()
        .map(|person| person["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn account(server: &Server) -> Client {
    let new = NewClient {
        name: "acme".to_owned(),
        ..NewClient::default()
    };
    server.app().store.create_client(new).await.unwrap()
}

fn model(app: &App) -> ModelId {
    app.engine.info().embedder.parse().unwrap()
}

/// Waits until nothing waits for a template any more.
async fn until_done(app: &App) {
    let done = async {
        while app.store.count_untemplated(model(app)).await.unwrap() > 0
            || app.reembedding.is_running()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let revision = app.store.revision().await.unwrap();
        app.gallery.reached(revision).await.unwrap();
    };
    // Far longer than it takes: a hang should fail, a slow machine not.
    tokio::time::timeout(Duration::from_secs(300), done)
        .await
        .expect("the faces are re-embedded");
}

async fn templates(app: &App, model: ModelId) -> Vec<Template> {
    use futures_util::TryStreamExt as _;
    let scan = app.store.scan_templates(model, 100).await.unwrap();
    let batches: Vec<_> = scan.batches.try_collect().await.unwrap();
    batches.concat()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

async fn a_new_pack_finds_who_was_enrolled_with_the_old_one(site: &Site) {
    let server = site.serve("standard").await;
    let client = account(&server).await;
    enrol(
        &server,
        &client,
        "Ana",
        &["composite01_1.jpg", "composite01_3.jpg"],
    )
    .await;
    enrol(&server, &client, "Bo", &["composite02_1.jpg"]).await;
    assert_eq!(found(&server, &client, "composite01_2.jpg").await, ["Ana"]);
    let standard = model(server.app());
    server.stop().await;

    let server = site.serve("mobilefacenet").await;
    let app = server.app();
    let other = model(app);
    assert_ne!(standard, other);
    until_done(app).await;
    assert_eq!(found(&server, &client, "composite01_2.jpg").await, ["Ana"]);
    assert_eq!(found(&server, &client, "composite02_2.jpg").await, ["Bo"]);
    assert!(
        found(&server, &client, "composite03_1.jpg")
            .await
            .is_empty()
    );
    // As good as embedded from the pictures themselves, which are enrolled once more for that.
    let before = templates(app, other).await;
    assert_eq!(before.len(), 3);
    enrol(&server, &client, "Cy", &["composite03_1.jpg"]).await;
    enrol(&server, &client, "Bo again", &["composite02_1.jpg"]).await;
    let after = templates(app, other).await;
    assert_eq!(after.len(), 5);
    let fresh = after
        .iter()
        .filter(|one| !before.iter().any(|old| old.face == one.face));
    let best = fresh
        .flat_map(|new| {
            before
                .iter()
                .map(|old| cosine(&old.embedding, &new.embedding))
        })
        .fold(0.0, f32::max);
    assert!(best > 0.99, "{best}");
    // Nothing was taken from the old pack, nor given to it.
    assert_eq!(templates(app, standard).await.len(), 3);

    let (status, ready) =
        answer(reqwest::Client::new().get(format!("http://{}/readyz", server.address()))).await;
    assert_eq!(status, 200);
    assert_eq!(
        ready["search"]["reembedding"],
        json!({ "status": "idle", "waiting": 0, "failed": 0 })
    );
    server.stop().await;

    // Back again: what was enrolled meanwhile comes too.
    let server = site.serve("standard").await;
    until_done(server.app()).await;
    assert_eq!(found(&server, &client, "composite03_2.jpg").await, ["Cy"]);
    server.stop().await;
}

async fn nodes_with_different_packs_serve_side_by_side(site: &Site) {
    let one = site.serve("standard").await;
    let other = site.serve("mobilefacenet").await;
    let client = account(&one).await;
    enrol(&one, &client, "Ana", &["composite01_1.jpg"]).await;
    enrol(&other, &client, "Bo", &["composite02_1.jpg"]).await;
    for server in [&one, &other] {
        until_done(server.app()).await;
        assert_eq!(found(server, &client, "composite01_2.jpg").await, ["Ana"]);
        assert_eq!(found(server, &client, "composite02_2.jpg").await, ["Bo"]);
    }
    // Neither goes on working for the other.
    let revision = one.app().store.revision().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(one.app().store.revision().await.unwrap(), revision);
    one.stop().await;
    other.stop().await;
}

async fn an_interrupted_one_goes_on(site: &Site) {
    let server = site.serve("standard").await;
    let client = account(&server).await;
    for number in 0..40 {
        enrol(
            &server,
            &client,
            &format!("Ana {number}"),
            &["composite01_1.jpg"],
        )
        .await;
    }
    let store = Arc::clone(&server.app().store);
    // One face without a usable picture stays out, and keeps nobody else out.
    let broken = store::NewFace {
        thumbnail: vec![0xff, 0xd8, 0xff],
        crop: None,
        original: None,
        embedding: vec![1.0; 512],
        model: model(server.app()),
        quality: None,
    };
    let nobody = store::NewPerson {
        name: "Broken".to_owned(),
        faces: vec![broken],
        namesakes: true,
        ..store::NewPerson::default()
    };
    store.create_person(client.id, nobody).await.unwrap();

    let mut config = site.config.clone();
    config.models.pack = "mobilefacenet".to_owned();
    let pack = packs::InstalledPack::open(&config.models.pack_dir()).unwrap();
    let engine = inference::Engine::start(
        &pack,
        &inference::EngineConfig {
            workers: 1,
            ..Default::default()
        },
    )
    .unwrap();
    let limits = config.images.limits();
    let reembedder = Reembedder::new(Arc::clone(&store), engine, limits, 2).unwrap();
    assert_eq!(reembedder.waiting().await.unwrap(), 41);
    // Cut off in the middle of the work, twice at once, then whole.
    let cut = tokio::time::timeout(Duration::from_millis(30), reembedder.all(|_| ())).await;
    assert!(cut.is_err());
    let (a, b) = tokio::join!(reembedder.all(|_| ()), reembedder.all(|_| ()));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.added + b.added, 40, "{a:?} {b:?}");
    assert!(a.failed + b.failed >= 1);
    let rest = Reembedded {
        failed: 1,
        ..Reembedded::default()
    };
    assert_eq!(reembedder.all(|_| ()).await.unwrap(), rest);
    assert_eq!(reembedder.waiting().await.unwrap(), 1);
    server.stop().await;
}

/// Each test on SQLite and on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(site) = crate::Site::new(crate::Kind::Sqlite).await {
                    super::$test(&site).await;
                    site.database.drop().await;
                }
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(site) = crate::Site::new(crate::Kind::Postgres).await {
                    super::$test(&site).await;
                    site.database.drop().await;
                }
            })*
        }
    };
}

on_both! {
    a_new_pack_finds_who_was_enrolled_with_the_old_one,
    nodes_with_different_packs_serve_side_by_side,
    an_interrupted_one_goes_on,
}
