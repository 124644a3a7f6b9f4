//! Section 5.3 of the contract: a duplicate check and a liveness check before the enrolment.

use serde_json::{Value, json};

use crate::{
    account::{Account, NOTHING, PERSONS, broken, no_collection, text, told},
    common::shared::on_both,
    pictures::{encode, face, live_face, tiny_face},
};

on_both! {
    Account<'_>,
    a_live_person_is_enrolled_once,
    a_duplicate_is_told_before_a_failed_liveness,
    a_face_that_is_not_live_is_told,
    every_field_is_required,
}

const PATH: &str = "/v2/face-recognition/persons/search-live-face";

fn request(image: &str, collection: &Value) -> Value {
    json!({
        "name": "Jane Doe", "images": [image], "gender": "F", "date_of_birth": "1990-01-15", "collection_id": collection,
        "liveness_min_score": 0.65, "min_score": 0.8, "search_mode": "FAST", "notes": "a note",
    })
}

async fn a_live_person_is_enrolled_once(account: &Account<'_>) {
    let Some(image) = live_face() else { return };
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let (status, body) = account.post(PATH, &request(&image, &one["_id"])).await;
    assert_eq!(status, 200, "{body}");
    let person = &body["data"];
    assert_eq!(person["collections"], json!([one["code"]]));
    assert_eq!(person["date_of_birth"], "1990-01-15T00:00:00.000Z");
    assert_eq!(
        (&person["deleted"], &person["notes"]),
        (&json!(false), &json!("a note"))
    );
    assert!(person["livenessScore"].as_f64().unwrap() > 0.65);
    assert_eq!(
        account.search(image.clone(), Some(&one)).await,
        [text(&person["_id"])]
    );
    // The face is there already, under whatever name; the code is as good as the id.
    for name in ["Jane Doe", "Somebody Else"] {
        let mut again = request(&image, &one["code"]);
        again["name"] = json!(name);
        let duplicated = told("409:duplicated_person", "ERROR");
        assert_eq!(account.post(PATH, &again).await, (409, duplicated));
    }
    // Not in the other collection, though; there a namesake is told.
    account.person("Jane Doe", 1, &[&two]).await;
    let born = json!({ "date_of_birth": "1990-01-15" });
    let other = account
        .data(&format!("{PERSONS}?in_collections={}", text(&two["code"])))
        .await;
    let (status, _) = account
        .put(&format!("{PERSONS}/{}", text(&other[0]["_id"])), &born)
        .await;
    assert_eq!(status, 200);
    let (status, body) = account.post(PATH, &request(&image, &two["_id"])).await;
    assert_eq!(
        (status, &body["message"]),
        (412, &json!("person_already_set"))
    );
    assert_eq!(body["data"]["_id"], other[0]["_id"]);
}

async fn a_duplicate_is_told_before_a_failed_liveness(account: &Account<'_>) {
    let one = account.collection("one").await;
    account.person("Ana", 1, &[&one]).await;
    let mut again = request(&face(1, 2), &one["_id"]);
    again["liveness_min_score"] = json!(1);
    let wanted = (409, told("409:duplicated_person", "ERROR"));
    assert_eq!(account.post(PATH, &again).await, wanted);
}

async fn a_face_that_is_not_live_is_told(account: &Account<'_>) {
    let one = account.collection("one").await;
    let mut strict = request(&face(2, 1), &one["_id"]);
    strict["liveness_min_score"] = json!(1);
    let (status, body) = account.post(PATH, &strict).await;
    let message = text(&body["message"]);
    let score = message
        .strip_prefix("409:liveness_failed@")
        .expect("the score is told");
    assert!((0.0..=1.0).contains(&score.parse::<f64>().unwrap()));
    assert_eq!((status, body), (409, told(&message, "ERROR")));
    // One of several is enough.
    if let Some(image) = live_face() {
        strict["images"] = json!([face(2, 1), image]);
        let (status, body) = account.post(PATH, &strict).await;
        assert!(
            status == 409 && text(&body["message"]).starts_with("409:liveness_failed@"),
            "{body}"
        );
    }
    // A face that cannot be judged.
    let tiny = request(&encode(&tiny_face()), &one["_id"]);
    let wanted = told("409:liveness_quality@ERR_LIVENESS_FACE_TOO_SMALL", "ERROR");
    assert_eq!(account.post(PATH, &tiny).await, (409, wanted));
    assert_eq!(account.data(PERSONS).await, json!([]));
}

async fn every_field_is_required(account: &Account<'_>) {
    let one = account.collection("one").await;
    let whole = request(&face(1, 1), &one["_id"]);
    let required = [
        "name",
        "images",
        "gender",
        "date_of_birth",
        "collection_id",
        "liveness_min_score",
        "min_score",
        "search_mode",
    ];
    let mut lacking = whole.clone();
    // The first one in the order of the documentation is told.
    for field in required.into_iter().rev() {
        lacking[field] = Value::Null;
        let wanted = broken(&format!("\"{field}\" is required"));
        assert_eq!(account.post(PATH, &lacking).await, (409, wanted));
    }
    let rows = [
        (
            "min_score",
            json!(0.49),
            "\"min_score\" must be greater than or equal to 0.5",
        ),
        (
            "min_score",
            json!("1.1"),
            "\"min_score\" must be less than or equal to 1",
        ),
        (
            "liveness_min_score",
            json!(0.4),
            "\"liveness_min_score\" must be greater than or equal to 0.5",
        ),
        (
            "search_mode",
            json!("fast"),
            "\"search_mode\" must be one of [FAST, ACCURATE]",
        ),
        ("gender", json!("f"), "\"gender\" must be one of [M, F]"),
        (
            "images",
            json!([]),
            "\"images\" does not contain 1 required value(s)",
        ),
    ];
    for (field, value, message) in rows {
        let mut request = whole.clone();
        request[field] = value;
        assert_eq!(account.post(PATH, &request).await, (409, broken(message)));
    }
    for unknown in NOTHING {
        assert_eq!(
            account
                .post(PATH, &request(&face(1, 1), &json!(unknown)))
                .await,
            no_collection()
        );
    }
    assert_eq!(
        account.post(PATH, &request("abc", &one["_id"])).await.0,
        412
    );
}
