//! Liveness, alone and with a comparison or a search.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, ids},
    common::with_standard,
    harness::{on_both, with_own_server},
    pictures::{encode, face, live_face},
};

on_both! {
    liveness_is_a_score,
    both_scores_are_told,
    who_is_not_live_is_not_searched_for,
    who_is_live_is_found,
}

/// A picture of a picture, of this machine's own, where there are some.
fn spoof() -> Option<String> {
    let folder = std::env::var_os("ROSTRO_FACES")?;
    let file = std::path::PathBuf::from(folder).join("liveness/minivision_F2.jpg");
    Some(encode(&std::fs::read(file).unwrap()))
}

async fn liveness_is_a_score(account: &Account<'_>) {
    if !with_standard() {
        return;
    }
    let ask = async |request: Value| {
        account.posted(200, "liveness", &request).await["liveness_score"]
            .as_f64()
            .unwrap()
    };
    let usual = ask(json!({ "image": face(1, 1) })).await;
    assert!((0.0..=1.0).contains(&usual));
    for os in [
        json!("DESKTOP"),
        json!("ANDROID"),
        json!("IOS"),
        Value::Null,
    ] {
        assert_eq!(ask(json!({ "image": face(1, 1), "os": os })).await, usual);
    }
    let verifik = json!({ "image": face(1, 1), "os": "DESKTOP" });
    assert_eq!(
        account.verifik("liveness", &verifik).await["liveness_score"],
        json!(usual)
    );
    let (Some(live), Some(spoof)) = (live_face(), spoof()) else {
        return;
    };
    assert!(ask(json!({ "image": live })).await >= 0.5);
    assert!(ask(json!({ "image": spoof })).await < 0.5);
}

async fn both_scores_are_told(account: &Account<'_>) {
    let request = json!({ "probe": face(1, 1), "gallery": [face(1, 2), face(1, 3)] });
    let usual = account.posted(200, "compare-live-face", &request).await;
    assert!(usual["score"].as_f64().unwrap() >= 0.81);
    // A text that is a number, as the contract has it.
    let live: f64 = usual["liveness_score"].as_str().unwrap().parse().unwrap();
    let alone = account
        .posted(200, "liveness", &json!({ "image": face(1, 1) }))
        .await;
    // The face is looked for harder when it is compared too, and so its box may differ by a hair.
    assert!((alone["liveness_score"].as_f64().unwrap() - live).abs() < 0.02);
    let compare = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2), face(1, 3)] });
    let score = account.posted(200, "compare", &compare).await["score"].clone();
    let close = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 0.02;
    assert!(close(&score, &usual["score"]), "{score} {usual}");
    let mut full = request;
    for least in [json!(0), json!(1), json!("0.7"), Value::Null] {
        full["liveness_min_score"] = least;
        full["os"] = json!("IOS");
        full["search_mode"] = json!("FAST");
        assert_eq!(account.posted(200, "compare-live-face", &full).await, usual);
    }
}

async fn who_is_not_live_is_not_searched_for(account: &Account<'_>) {
    if !with_standard() {
        return;
    }
    let Some(spoof) = spoof() else { return };
    account
        .posted(201, "person", &json!({ "id": "ada", "images": [spoof] }))
        .await;
    let found = account
        .posted(200, "search", &json!({ "images": [spoof] }))
        .await;
    assert_eq!(ids(&found), ["ada"]);
    let live = account
        .posted(200, "search-live-face", &json!({ "image": spoof }))
        .await;
    assert!(live["liveness_score"].as_f64().unwrap() < 0.5);
    assert_eq!(live["persons"], json!([]));
}

async fn who_is_live_is_found(account: &Account<'_>) {
    let Some(image) = live_face() else { return };
    let id = account.collection("one").await;
    let new = json!({ "id": "ada", "images": [image], "collections": [id] });
    let mut person = account.posted(201, "person", &new).await;
    for number in 0..11 {
        account
            .posted(
                201,
                "person",
                &json!({ "id": format!("copy {number}"), "images": [image] }),
            )
            .await;
    }
    let ask = async |request: Value| {
        let mut full = json!({ "image": image });
        full.as_object_mut()
            .unwrap()
            .extend(request.as_object().unwrap().clone());
        account.posted(200, "search-live-face", &full).await
    };
    let found = ask(json!({ "collection_id": id, "os": "ANDROID", "search_mode": "ACCURATE", "min_score": "0.9" })).await;
    person["score"] = found["persons"][0]["score"].clone();
    person["collections"][0]["count"] = json!(1);
    assert_eq!(found["persons"], json!([person]));
    assert_eq!(ids(&ask(json!({})).await["persons"]).len(), 10);
    assert_eq!(
        ids(&ask(json!({ "max_results": 100 })).await["persons"]).len(),
        12
    );
    assert_eq!(
        ids(&ask(json!({ "max_results": 1, "min_score": 0.81 })).await["persons"]).len(),
        1
    );
}

#[test]
fn the_settings_say_what_is_refused_and_the_header_what_is_not() {
    let ask = async |account: &Account<'_>| {
        let request = json!({ "image": face(1, 1) });
        let asked = account.request(Method::POST, "liveness").json(&request);
        let response = asked.send().await.unwrap();
        let header = response.headers().get("x-rostro-warnings").cloned();
        (
            response.status().as_u16(),
            header.map(|value| value.to_str().unwrap().to_owned()),
        )
    };
    // No composite's pupils are so far apart.
    let limit = |config: &mut service::Config| config.opencv_cloud.capture.min_pupils = 5000.0;
    with_own_server(limit, async |account: &Account<'_>| {
        let (status, header) = ask(account).await;
        assert_eq!(status, 200);
        let header = header.unwrap();
        assert!(header.contains("too_small;measured="), "{header}");
        assert!(header.contains("limit=5000.00"), "{header}");
    });
    with_own_server(
        |config| {
            limit(config);
            config.opencv_cloud.capture_rejects = vec![inference::CaptureFault::TooSmall];
        },
        async |account: &Account<'_>| {
            let (status, header) = ask(account).await;
            assert_eq!(status, 400);
            assert!(header.unwrap().starts_with("too_small;measured="));
        },
    );
}
