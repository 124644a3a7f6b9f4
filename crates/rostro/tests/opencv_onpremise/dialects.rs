//! One person, known to all dialects of the account.

use serde_json::json;

use crate::{
    common::keyed::Account,
    common::shared::on_both,
    enrol::{person, ssai, with},
    pictures::face,
};

on_both! { Account<'_>, found_by_every_dialect, enrolled_by_verifik }

const SEARCH: &str = "/v2/face-recognition/search";

/// The other dialects' score that this dialect's means.
fn core(score: f64) -> f64 {
    match score {
        low if low <= 0.67 => low / 0.67 * 0.75,
        middle if middle <= 0.70 => 0.75 + (middle - 0.67) * 2.0,
        high => 0.81 + (high - 0.70) / 0.30 * 0.19,
    }
}

async fn found_by_every_dialect(account: &Account<'_>) {
    ssai(account).await;
    account.ask("PUT", "/person", &person(1, 1)).await;
    let search = json!({ "collection_name": "SSAI", "face_base_64": face(1, 2) });
    let here = account.ask("POST", "/face-search", &search).await;
    assert_eq!(here[0]["person_id"], "P1");
    let there = json!({ "images": [face(1, 2)], "min_score": 0.81, "search_mode": "ACCURATE" });
    let there = account.verifik(SEARCH, &there).await;
    assert_eq!(there[0]["name"], "Person 1");
    let id = there[0]["id"].as_str().unwrap();
    assert!(id.len() == 24 && id.chars().all(|c| c.is_ascii_hexdigit()));
    // One likeness, two scales. The probe is made in the same way for both.
    let scores =
        [&here[0]["similarity_score"], &there[0]["score"]].map(|one| one.as_f64().unwrap());
    assert!((core(scores[0]) - scores[1]).abs() < 0.003, "{scores:?}");
    let cloud =
        json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)], "search_mode": "ACCURATE" });
    let cloud = account.ask("POST", "/opencv-fr/compare", &cloud).await;
    assert!(
        (cloud["score"].as_f64().unwrap() - scores[1]).abs() < 0.02,
        "{cloud} {scores:?}"
    );
}

async fn enrolled_by_verifik(account: &Account<'_>) {
    let named = json!({ "name": "Two words" });
    let collection = account
        .verifik("/v2/face-recognition/collections", &named)
        .await;
    let new = json!({ "name": "Ana", "images": [face(1, 1)], "collections": [collection["code"]] });
    let ana = account.verifik("/v2/face-recognition/persons", &new).await;
    // The collection by its name, the person by the id that it has.
    let search = json!({ "collection_name": "Two words", "face_base_64": face(1, 2) });
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found[0]["person_id"], ana["_id"]);
    let update = with(
        person(1, 2),
        json!({ "collection_name": "Two words", "person_id": ana["_id"], "person_name": "Anna", "metadata": { "k": "v" } }),
    );
    account.ask("PUT", "/person", &update).await;
    let all = account.get("/persons?collection_name=Two%20words").await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["person_name"], "Anna");
    assert_eq!(all[0]["metadata"], json!({ "k": "v" }));
    // An exact name, also when another dialect gave it twice: the older collection.
    account
        .verifik("/v2/face-recognition/collections", &named)
        .await;
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found[0]["person_id"], ana["_id"]);
}
