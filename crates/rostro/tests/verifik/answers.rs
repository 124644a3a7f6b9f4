//! Whole answers, byte shape included. Ids and dates are replaced; scores are rounded, since processors differ in the last bits.

use insta::{Settings, assert_json_snapshot};
use serde_json::{Value, json};

use crate::{
    common::{TestServer, with_standard},
    pictures::{self, encode, face},
    with_server,
};

/// Replaces what differs from run to run, or from processor to processor, by its kind.
fn mask(key: &str, value: &mut Value) {
    match (key, &mut *value) {
        (_, Value::Object(map)) => map.iter_mut().for_each(|(key, value)| mask(key, value)),
        (_, Value::Array(list)) => list.iter_mut().for_each(|value| mask(key, value)),
        ("id", Value::String(text)) if text.len() == 5 => *value = json!("[mark]"),
        ("_id" | "client", Value::String(text)) if text.len() == 24 => *value = json!("[24 hex]"),
        // It has a figure in it.
        ("remedy", Value::String(_)) => *value = json!("[sentence]"),
        ("dateTime", Value::String(_)) => *value = json!("[signed]"),
        ("createdAt" | "updatedAt" | "comparedAt", Value::String(_)) => *value = json!("[moment]"),
        ("thumbnail", Value::String(text)) if text.starts_with("/9j/") => *value = json!("[JPEG]"),
        // A composite is neither live nor an attack: what the models say of one is worth nothing.
        ("liveness_score" | "confidence" | "detection_score", Value::Number(_)) => {
            *value = json!("[0 to 1]");
        }
        ("score", Value::Number(number)) => {
            let same = number.as_f64().is_some_and(|score| score >= 0.85);
            *value = json!(if same { "[same]" } else { "[other]" });
        }
        ("min_score" | "liveness_min_score" | "compare_min_score" | "__v" | "face_count", _) => {}
        (_, Value::Number(number)) if number.is_i64() => *value = json!("[whole]"),
        (_, Value::Number(_)) => *value = json!("[number]"),
        _ => {}
    }
}

/// Posts, expects 200, and compares the answer with the one that is kept under `name`.
async fn snapshot(server: &TestServer, name: &str, path: &str, request: Value) {
    let (status, mut body) = server.call(path, &request).await;
    assert_eq!(status, 200, "{body}");
    mask("", &mut body);
    let mut settings = Settings::clone_current();
    settings.set_snapshot_suffix(name);
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_sort_maps(true);
    settings.bind(|| assert_json_snapshot!("answer", body));
}

#[test]
fn answers_are_the_documented_supersets() {
    // Another has no model of eyes.
    if !with_standard() {
        return;
    }
    with_server(async |server: &TestServer| {
        let route = |name: &str| format!("/v2/face-recognition/{name}");
        let (probe, gallery) = (face(1, 1), [face(1, 2), face(1, 3)]);
        let live = json!({ "os": "DESKTOP", "image": probe, "liveness_min_score": 0.95 });
        snapshot(server, "liveness", &route("liveness"), live.clone()).await;
        snapshot(server, "liveness-score", &route("liveness-score"), live).await;
        let compare = json!({ "probe": [probe], "gallery": gallery, "search_mode": "ACCURATE" });
        snapshot(server, "compare", &route("compare"), compare).await;
        let compare_live = json!({
            "probe": probe, "gallery": gallery, "os": "DESKTOP", "search_mode": "ACCURATE",
            "liveness_min_score": 0.95, "compare_min_score": 0.8,
        });
        snapshot(server, "compare-live", &route("compare-live"), compare_live).await;
        let with = |person: u32| {
            json!({
                "probe": face(person, 1), "gallery": gallery, "search_mode": "FAST",
                "liveness_min_score": 0.95, "compare_min_score": 0.85,
            })
        };
        snapshot(
            server,
            "compare-with-liveness",
            &route("compare-with-liveness"),
            with(1),
        )
        .await;
        snapshot(
            server,
            "compare-with-liveness-skipped",
            &route("compare-with-liveness"),
            with(2),
        )
        .await;
    });
}

#[test]
fn faces_are_shown_in_both_forms() {
    // Another has no model of eyes.
    if !with_standard() {
        return;
    }
    with_server(async |server: &TestServer| {
        let detect = "/v2/face-recognition/detect";
        let image = face(4, 1);
        let a = json!({ "image": image, "min_score": 0.8, "search_mode": "FAST" });
        snapshot(server, "detect-a", detect, a).await;
        let b = json!({ "image": image, "return_landmarks": true, "return_attributes": true });
        snapshot(server, "detect-b", detect, b).await;
        snapshot(server, "detect-plain", detect, json!({ "image": image })).await;
        snapshot(
            server,
            "detect-none",
            detect,
            json!({ "image": encode(&pictures::nobody()) }),
        )
        .await;
        let validation = "/v2/face-recognition/face-validation";
        snapshot(
            server,
            "face-validation",
            validation,
            json!({ "image": image }),
        )
        .await;
    });
}
