//! Searches, verification and comparison.

use serde_json::{Value, json};

use crate::{
    account::{Account, ids, not_found, text},
    harness::on_both,
    pictures::{encode, face, five_faces},
};

on_both! {
    a_person_is_found,
    limits_of_a_search,
    a_collection_confines_a_search,
    faces_of_a_picture_are_named,
    a_claim_is_verified,
    two_sets_are_compared,
}

fn score(found: &Value) -> f64 {
    found["score"].as_f64().unwrap()
}

async fn a_person_is_found(account: &Account<'_>) {
    let mut person = account.person("ada", 1, &[]).await;
    account.person("eva", 2, &[]).await;
    for route in ["search", "search/crops"] {
        for mode in ["FAST", "ACCURATE"] {
            let request = json!({ "images": [face(1, 2), face(1, 3)], "search_mode": mode });
            let found = account.posted(200, route, &request).await;
            assert_eq!(ids(&found), ["ada"], "{route} {mode}");
            assert!(score(&found[0]) >= 0.81);
            person["score"] = found[0]["score"].clone();
            assert_eq!(found[0], person, "as GET person has it, and the score");
        }
    }
    let stranger = account.stranger().await;
    assert_eq!(stranger.found(1, None).await, [""; 0]);
}

async fn limits_of_a_search(account: &Account<'_>) {
    for number in 0..12 {
        account.person(&format!("copy {number}"), 1, &[]).await;
    }
    for route in ["search", "search/crops"] {
        let ask = async |limits: Value| {
            let mut request = json!({ "images": [face(1, 2)] });
            request
                .as_object_mut()
                .unwrap()
                .extend(limits.as_object().unwrap().clone());
            account.posted(200, route, &request).await
        };
        assert_eq!(ids(&ask(json!({})).await).len(), 10);
        assert_eq!(ids(&ask(json!({ "max_results": 500 })).await).len(), 12);
        assert_eq!(ids(&ask(json!({ "max_results": 1 })).await).len(), 1);
        let best = score(&ask(json!({})).await[0]);
        assert_eq!(
            ids(&ask(json!({ "min_score": best })).await).len(),
            10,
            "the limit itself is found"
        );
        assert_eq!(
            ids(&ask(json!({ "min_score": best.to_string() })).await).len(),
            10,
            "a text is a number"
        );
        assert_eq!(ask(json!({ "min_score": best + 0.0001 })).await, json!([]));
        let nulls = json!({ "collection_id": null, "max_results": null, "min_score": null, "search_mode": null });
        assert_eq!(ids(&ask(nulls).await).len(), 10);
    }
    // The default is the contract's: who is less like is not found, until that is asked for.
    let request = json!({ "images": [face(2, 1)] });
    assert_eq!(account.posted(200, "search", &request).await, json!([]));
    let request = json!({ "images": [face(2, 1)], "min_score": 0, "max_results": 500 });
    let strangers = account.posted(200, "search", &request).await;
    assert!(
        strangers
            .as_array()
            .unwrap()
            .iter()
            .all(|found| score(found) < 0.81)
    );
}

async fn a_collection_confines_a_search(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    account.person("ada", 1, &[&one]).await;
    assert_eq!(account.found(1, Some(&one)).await, ["ada"]);
    assert_eq!(account.found(1, Some(&two)).await, [""; 0]);
    let foreign = account.stranger().await.collection("foreign").await;
    for id in [foreign, uuid::Uuid::new_v4().to_string()] {
        let request = json!({ "images": [face(1, 2)], "collection_id": id });
        assert_eq!(account.post("search", &request).await, not_found());
        assert_eq!(account.post("search/crops", &request).await, not_found());
        let live = json!({ "image": face(1, 2), "collection_id": id });
        assert_eq!(account.post("search-live-face", &live).await, not_found());
        let detect = json!({ "image": face(1, 2), "search": { "collection_id": id } });
        assert_eq!(account.post("detect", &detect).await, not_found());
    }
}

async fn faces_of_a_picture_are_named(account: &Account<'_>) {
    let one = account.collection("one").await;
    account.person("ada", 1, &[&one]).await;
    account.person("eva", 2, &[]).await;
    let picture = encode(&five_faces());
    let detect = async |search: Value| {
        account
            .posted(
                200,
                "detect",
                &json!({ "image": picture, "search": search }),
            )
            .await
    };
    let people = |faces: &Value| {
        let mut faces: Vec<(i64, Vec<String>)> = faces
            .as_array()
            .unwrap()
            .iter()
            .map(|face| (face["box"]["left"].as_i64().unwrap(), ids(&face["persons"])))
            .collect();
        faces.sort();
        faces
            .into_iter()
            .map(|(_, names)| names.concat())
            .collect::<Vec<_>>()
    };
    assert_eq!(people(&detect(Value::Null).await), ["", "", "", "", ""]);
    assert_eq!(
        people(&detect(json!({})).await),
        ["ada", "eva", "", "", "ada"]
    );
    assert_eq!(
        people(&detect(json!({ "collection_id": one, "search_mode": "ACCURATE" })).await),
        ["ada", "", "", "", "ada"]
    );
    assert_eq!(
        people(&detect(json!({ "min_score": "1" })).await),
        ["", "", "", "", ""],
        "not the very picture"
    );
    let everybody = detect(json!({ "min_score": 0, "max_results": 1 })).await;
    assert!(
        everybody
            .as_array()
            .unwrap()
            .iter()
            .all(|face| ids(&face["persons"]).len() <= 1)
    );
    // Boxes and landmarks lie in the picture, left to left.
    for face in everybody.as_array().unwrap() {
        let (edges, marks) = (&face["box"], &face["landmarks"]);
        let number = |value: &Value| value.as_i64().unwrap();
        assert!(number(&edges["left"]) < number(&marks["left_eye"][0]));
        assert!(number(&marks["left_eye"][0]) < number(&marks["nose"][0]));
        assert!(number(&marks["nose"][0]) < number(&marks["right_eye"][0]));
        assert!(number(&marks["right_eye"][0]) < number(&edges["right"]));
        assert!(number(&marks["nose"][1]) < number(&marks["left_mouth"][1]));
        assert!(number(&marks["right_mouth"][1]) < number(&edges["bottom"]));
        assert!((0.5..=1.0).contains(&face["detection_score"].as_f64().unwrap()));
    }
}

async fn a_claim_is_verified(account: &Account<'_>) {
    let person = account.person("ada", 1, &[]).await;
    let nameless = account
        .posted(201, "person", &json!({ "images": [face(2, 1)] }))
        .await;
    let verify = async |id: &str, who: u32, min_score: Value| {
        let request = json!({ "id": id, "images": [face(who, 2)], "min_score": min_score });
        account.post("verify", &request).await
    };
    let (status, found) = verify("ada", 1, Value::Null).await;
    assert_eq!((status, &found["match"]["id"]), (200, &person["id"]));
    let reached = score(&found["match"]);
    assert!(reached >= 0.81);
    assert_eq!(found["match"]["thumbnails"], person["thumbnails"]);
    let id = text(&nameless["id"]);
    assert_eq!(
        verify(&id, 2, Value::Null).await.1["match"]["id"],
        json!(id)
    );
    // The default mode is the accurate one.
    let accurate = json!({ "id": "ada", "images": [face(1, 2)], "verification_mode": "ACCURATE" });
    assert_eq!(account.posted(200, "verify", &accurate).await, found);
    let nothing = (200, json!({ "match": null }));
    assert_eq!(verify("ada", 2, Value::Null).await, nothing);
    assert_eq!(
        verify("ada", 1, json!((reached + 0.0001).to_string())).await,
        nothing
    );
    assert_eq!(verify("nobody", 1, Value::Null).await, not_found());
    assert_eq!(
        account.stranger().await.post("verify", &accurate).await,
        not_found()
    );
    let many = json!({ "id": "ada", "images": vec![face(1, 2); 4] });
    assert_eq!(
        account.posted(200, "verify", &many).await["match"]["id"],
        json!("ada")
    );
}

async fn two_sets_are_compared(account: &Account<'_>) {
    let compare = async |a: [String; 2], b: String| {
        let request = json!({ "probe": a, "gallery": [b] });
        score(&account.posted(200, "compare", &request).await)
    };
    let same = compare([face(1, 1), face(1, 2)], face(1, 3)).await;
    let other = compare([face(1, 1), face(1, 2)], face(2, 1)).await;
    assert!(same >= 0.81 && other < 0.75, "{same} {other}");
    // The scale is the Verifik dialect's.
    let request = json!({ "probe": [face(1, 1), face(1, 2)], "gallery": [face(1, 3)], "search_mode": "FAST" });
    assert_eq!(
        account.verifik("compare", &request).await["score"],
        json!(same)
    );
}
