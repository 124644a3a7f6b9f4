//! Section 8 of the Verifik contract: the samples in four languages, as written, with only the base address changed (and, for the
//! other routes, path and body), run by their interpreters against a running server. A language that this machine lacks is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests are tests too; a skipped one must say so"
)]

#[path = "../common/mod.rs"]
mod common;
mod language;
#[expect(
    dead_code,
    reason = "shared with another test binary, which uses more of it"
)]
#[path = "../verifik/pictures.rs"]
mod pictures;

use serde_json::{Value, json};

use common::TestServer;
use language::{Language, PATH};
use pictures::face;

/// Whom the requests name.
struct Enrolled {
    person: String,
    collection: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn node() {
    samples(Language::Node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    samples(Language::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn php() {
    samples(Language::Php).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go() {
    samples(Language::Go).await;
}

async fn samples(language: Language) {
    if !language.is_there().await {
        return;
    }
    let Some(server) = TestServer::start().await else {
        return;
    };
    let enrolled = enrol(&server).await;
    let routes = routes(&enrolled);
    let fill = [
        ("<base64-small>", face(1, 2)),
        ("<collection_id>", enrolled.collection.clone()),
    ];
    let fill = fill.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut samples = vec![language.as_written(&server.base, &fill)];
    let adapt = |(path, body): &(&str, Value)| language.adapted(&server.base, path, body);
    samples.extend(routes.iter().map(adapt));

    let folder = tempfile::tempdir().unwrap();
    let answers = language.run(folder.path(), &server.token, &samples).await;
    assert_eq!(answers.len(), samples.len());
    let paths = [PATH]
        .into_iter()
        .chain(routes.iter().map(|(path, _)| *path));
    for (path, answer) in paths.zip(&answers) {
        check(path, answer, &enrolled);
    }
    server.stop().await;
}

async fn enrol(server: &TestServer) -> Enrolled {
    let made = |(status, body): (u16, Value), key: &str| {
        assert_eq!(status, 200, "{body}");
        body["data"][key].as_str().unwrap().to_owned()
    };
    let collection = json!({ "name": "Staff" });
    let asked = server.call("/v2/face-recognition/collections", &collection);
    let collection = made(asked.await, "code");
    let person = json!({ "name": "Ana", "images": [face(1, 1)], "collections": [collection] });
    let asked = server.call("/v2/face-recognition/persons", &person);
    Enrolled {
        person: made(asked.await, "_id"),
        collection,
    }
}

/// The bodies that the contract prints, per route.
fn routes(enrolled: &Enrolled) -> Vec<(&'static str, Value)> {
    let (one, two, collection) = (face(1, 2), face(1, 3), &enrolled.collection);
    let other = face(2, 1);
    let liveness = json!({ "os": "DESKTOP", "image": one, "liveness_min_score": 0.6 });
    vec![
        ("/v2/face-recognition/liveness", liveness.clone()),
        ("/v2/face-recognition/liveness-score", liveness),
        (
            "/v2/face-recognition/compare",
            json!({ "probe": [one], "gallery": [face(1, 1), two], "search_mode": "ACCURATE" }),
        ),
        (
            "/v2/face-recognition/compare-live",
            json!({ "probe": one, "gallery": [two], "os": "DESKTOP", "search_mode": "ACCURATE", "liveness_min_score": 0.65, "compare_min_score": 0.8 }),
        ),
        (
            "/v2/face-recognition/compare-with-liveness",
            json!({ "probe": one, "gallery": [two], "search_mode": "FAST", "liveness_min_score": 0.6, "compare_min_score": 0.8 }),
        ),
        (
            "/v2/face-recognition/search",
            json!({ "images": [one], "collection_id": collection, "min_score": 0.7, "search_mode": "FAST", "max_results": 10 }),
        ),
        (
            "/v2/face-recognition/search-live-face",
            json!({ "image": one, "collection_id": collection, "os": "DESKTOP", "liveness_min_score": 0.6, "min_score": 0.7, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/search-active-user",
            json!({ "image": one, "collection_id": collection, "os": "DESKTOP", "min_score": 0.7, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/verify",
            json!({ "id": enrolled.person, "images": [one, two], "min_score": 0.75, "search_mode": "FAST", "collection_id": collection }),
        ),
        (
            "/v2/face-recognition/detect",
            json!({ "image": one, "collection_id": collection, "min_score": 0.8, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/collections",
            json!({ "name": "Test Example", "description": "Collection for tests" }),
        ),
        (
            "/v2/face-recognition/persons",
            json!({ "name": "John Doe", "images": [other, face(2, 2)], "gender": "M", "date_of_birth": "1990-01-15", "nationality": "US", "collections": [collection], "notes": "VIP customer" }),
        ),
        (
            "/v2/face-recognition/persons/search-live-face",
            json!({ "name": "Jane Doe", "images": [face(3, 1)], "gender": "F", "date_of_birth": "1990-01-15", "collection_id": collection, "liveness_min_score": 0.65, "min_score": 0.8, "search_mode": "FAST" }),
        ),
    ]
}

fn check(path: &str, answer: &Value, enrolled: &Enrolled) {
    eprintln!(
        "{path}: {}",
        answer
            .to_string()
            .chars()
            .filter(|c| !c.is_whitespace())
            .take(600)
            .collect::<String>()
    );
}
