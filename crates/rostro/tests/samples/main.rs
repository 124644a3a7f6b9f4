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
    /// Ana, of the staff.
    person: String,
    /// Code of the collection.
    staff: String,
    /// Code of a collection of nobody.
    guests: String,
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
    // Half of them want a live face, and the composites are live to that pack alone.
    if !language.is_there().await || !common::with_standard() {
        return;
    }
    let Some(server) = TestServer::start().await else {
        return;
    };
    let enrolled = enrol(&server).await;
    let routes = routes(&enrolled);
    let fill = [
        ("<base64-small>", face(3, 1)),
        ("<collection_id>", enrolled.staff.clone()),
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
    let mut codes = Vec::new();
    for name in ["Staff", "Guests"] {
        let collection = json!({ "name": name });
        let asked = server.call("/v2/face-recognition/collections", &collection);
        codes.push(made(asked.await, "code"));
    }
    let [staff, guests] = <[String; 2]>::try_from(codes).unwrap();
    let person = json!({ "name": "Ana", "images": [face(3, 2)], "collections": [staff] });
    let asked = server.call("/v2/face-recognition/persons", &person);
    Enrolled {
        person: made(asked.await, "_id"),
        staff,
        guests,
    }
}

/// The bodies that the contract prints, per route.
fn routes(enrolled: &Enrolled) -> Vec<(&'static str, Value)> {
    // The liveness models take this composite for a live person.
    let (one, two) = (face(3, 1), face(3, 2));
    let (staff, guests) = (&enrolled.staff, &enrolled.guests);
    let liveness = json!({ "os": "DESKTOP", "image": one, "liveness_min_score": 0.6 });
    vec![
        ("/v2/face-recognition/liveness", liveness.clone()),
        ("/v2/face-recognition/liveness-score", liveness),
        (
            "/v2/face-recognition/compare",
            json!({ "probe": [one], "gallery": [two, one], "search_mode": "ACCURATE" }),
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
            json!({ "images": [one], "collection_id": staff, "min_score": 0.7, "search_mode": "FAST", "max_results": 10 }),
        ),
        (
            "/v2/face-recognition/search-live-face",
            json!({ "image": one, "collection_id": staff, "os": "DESKTOP", "liveness_min_score": 0.6, "min_score": 0.7, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/search-active-user",
            json!({ "image": one, "collection_id": staff, "os": "DESKTOP", "min_score": 0.7, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/verify",
            json!({ "id": enrolled.person, "images": [one, two], "min_score": 0.75, "search_mode": "FAST", "collection_id": staff }),
        ),
        (
            "/v2/face-recognition/detect",
            json!({ "image": one, "collection_id": staff, "min_score": 0.8, "search_mode": "FAST" }),
        ),
        (
            "/v2/face-recognition/collections",
            json!({ "name": "Test Example", "description": "Collection for tests" }),
        ),
        (
            "/v2/face-recognition/persons",
            json!({ "name": "John Doe", "images": [face(2, 1), face(2, 2)], "gender": "M", "date_of_birth": "1990-01-15", "nationality": "US", "collections": [staff], "notes": "VIP customer" }),
        ),
        (
            "/v2/face-recognition/persons/search-live-face",
            json!({ "name": "Jane Doe", "images": [one], "gender": "F", "date_of_birth": "1990-01-15", "collection_id": guests, "liveness_min_score": 0.65, "min_score": 0.8, "search_mode": "FAST" }),
        ),
    ]
}

/// What the sample printed is the answer to its request.
fn check(path: &str, answer: &Value, enrolled: &Enrolled) {
    let data = &answer["data"];
    let ana = |person: &Value| {
        assert_eq!(person["id"], enrolled.person, "{path}: {person}");
        assert_eq!(person["name"], "Ana", "{path}");
        assert!(person["score"].as_f64().unwrap() > 0.9, "{path}");
    };
    let only_ana = |persons: &Value| {
        assert_eq!(persons.as_array().unwrap().len(), 1, "{path}");
        ana(&persons[0]);
    };
    let live = |liveness: &Value| {
        let score = liveness["liveness_score"].as_f64().unwrap();
        assert!(score > liveness["min_score"].as_f64().unwrap(), "{path}");
        assert_eq!(liveness["passed"], true, "{path}");
    };
    let alike = |comparison: &Value| {
        assert!(comparison["score"].as_f64().unwrap() > 0.9, "{path}");
        assert_eq!(comparison["result"]["passed"], true, "{path}");
    };
    let kept = |name: &str| {
        assert_eq!(data["name"], name, "{path}");
        assert_eq!(data["_id"].as_str().unwrap().len(), 24, "{path}");
    };
    match path.trim_start_matches("/v2/face-recognition/") {
        "search/crops" | "search" | "search-active-user" => only_ana(data),
        "liveness" | "liveness-score" => live(data),
        "compare" => alike(data),
        "compare-live" => {
            alike(data);
            live(&data["liveness"]);
        }
        "compare-with-liveness" => {
            alike(&data["comparison"]);
            live(&data["liveness"]);
        }
        "search-live-face" => {
            live(&data["liveness"]);
            only_ana(&data["persons"]);
        }
        "verify" => ana(&data["match"]),
        "detect" => only_ana(&data[0]["persons"]),
        "collections" => kept("Test Example"),
        "persons" => {
            kept("John Doe");
            assert_eq!(data["collections"], json!([enrolled.staff]));
        }
        "persons/search-live-face" => {
            kept("Jane Doe");
            assert_eq!(data["collections"], json!([enrolled.guests]));
            assert!(data["livenessScore"].as_f64().unwrap() > 0.65);
        }
        _ => panic!("{path} is not checked"),
    }
    assert_eq!(answer["id"].as_str().unwrap().len(), 5, "{path}");
    assert_eq!(
        answer["signature"]["message"], "Certified by Verifik.co",
        "{path}"
    );
}
