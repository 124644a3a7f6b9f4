//! `GET /v2/face-recognition/models`.

use serde_json::{Value, json};

use crate::{
    common::{answer, shared::on_both},
    harness::Account,
};

on_both! { Account<'_>, the_packs_and_what_their_scores_mean }

const MODELS: &str = "/v2/face-recognition/models";

async fn the_packs_and_what_their_scores_mean(account: &Account<'_>) {
    let server = account.server;
    let nobody = answer(server.http.get(server.url(MODELS))).await;
    let wanted = json!({ "message": "Authentication required", "code": "UNAUTHORIZED" });
    assert_eq!(nobody, (401, wanted));

    let request = server
        .http
        .get(server.url(MODELS))
        .bearer_auth(&server.token);
    let (status, body) = answer(request).await;
    assert_eq!(status, 200, "{body}");
    let packs = body["data"].as_array().unwrap();
    let app = server.app();
    assert_eq!(packs[0]["name"], json!(app.config.models.pack));
    let in_use: Vec<&Value> = packs.iter().filter(|one| one["in_use"] == true).collect();
    assert_eq!(in_use, [&packs[0]]);

    // What the engine says that it runs.
    let models = packs[0]["models"].as_array().unwrap();
    let listed: Vec<(&str, &str)> = models
        .iter()
        .map(|one| {
            (
                one["role"].as_str().unwrap(),
                one["sha256"].as_str().unwrap(),
            )
        })
        .collect();
    let running = app.engine.info().models.iter();
    let running: Vec<(&str, &str)> = running.map(|one| (one.role, &*one.sha256)).collect();
    assert_eq!(listed, running);
    for model in models {
        for field in ["file", "licence", "origin"] {
            assert!(!model[field].as_str().unwrap().is_empty(), "{field}");
        }
        assert!(model["commercial"].is_boolean());
    }
    for pack in packs {
        scale(pack);
    }
}

/// Every pack has the same scale; the figures that no measurement can show are marked.
fn scale(pack: &Value) {
    let anchors = pack["matching"]["anchors"].as_array().unwrap();
    let of = |fmr: f64| {
        let found = anchors
            .iter()
            .find(|one| (one["fmr"].as_f64().unwrap() / fmr - 1.0).abs() < 1e-6);
        found.unwrap_or_else(|| panic!("{fmr} is not in {pack}"))
    };
    for (fmr, score) in [
        (1e-2, 0.5),
        (1e-3, 0.67),
        (1e-4, 0.75),
        (1e-5, 0.81),
        (1e-6, 0.85),
    ] {
        assert_eq!(of(fmr)["score"], score);
    }
    assert_eq!(of(1e-6)["extrapolated"], true);
    assert!(of(1e-4)["tar"].as_f64().is_some_and(|tar| tar > 0.5));
    assert!(!pack["matching"]["measured"].as_str().unwrap().is_empty());
    let text = pack.to_string();
    assert!(!text.contains("cosine\":"), "no raw similarity: {text}");
}
