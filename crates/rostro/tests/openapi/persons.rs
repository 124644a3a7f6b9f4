//! Operations on persons.

use serde_json::{Value, json};

use crate::{
    api::Api,
    pictures::{encode, face, live_face, nobody},
};

const ALL: &str = "/v2/face-recognition/persons";

/// One of those who are there at the end: composite person 1.
pub(crate) async fn all(api: &Api<'_>) -> Value {
    let ask = async |wanted: u16, method: &str, path: &str, body: Option<&Value>| {
        api.ask(wanted, method, path, body).await
    };
    let collection = json!({ "name": "people" });
    let collections = "/v2/face-recognition/collections";
    let collection = ask(200, "POST", collections, Some(&collection)).await;
    let code = &collection["data"]["code"];

    let new = json!({
        "name": "Maria Perez", "images": [face(1, 1), face(1, 2)], "gender": "F", "date_of_birth": "1994-02-07",
        "nationality": "Colombian", "collections": [code], "notes": "VIP", "email": "m@example.com", "phones": ["300"],
    });
    let maria = ask(200, "POST", ALL, Some(&new)).await["data"].take();
    ask(412, "POST", ALL, Some(&new)).await;
    let with = |field: &str, value: Value| {
        let mut body = new.clone();
        body[field] = value;
        body
    };
    for (wanted, body) in [
        (409, json!({})),
        (400, json!([])),
        (412, with("images", json!(["abc"]))),
        (422, with("images", json!([encode(&nobody())]))),
        (404, with("collections", json!(["unknown"]))),
    ] {
        ask(wanted, "POST", ALL, Some(&body)).await;
    }
    let one = format!("{ALL}/{}", maria["_id"].as_str().unwrap());
    let unknown = format!("{ALL}/65b9592267cc4f096dbe743d");

    live(api, code).await;

    ask(
        200,
        "GET",
        &format!("{ALL}?limit=200&like_name=maria"),
        None,
    )
    .await;
    api.ask_as_nobody(401, "GET", ALL, None).await;
    ask(200, "GET", &format!("{ALL}/lookup?name=maria"), None).await;
    ask(409, "GET", &format!("{ALL}/lookup?name=ma"), None).await;
    ask(200, "GET", &one, None).await;
    ask(404, "GET", &unknown, None).await;

    let update = json!({ "notes": "none", "images": [face(1, 3)] });
    ask(200, "PUT", &one, Some(&update)).await;
    ask(404, "PUT", &unknown, Some(&update)).await;
    ask(400, "PUT", &one, Some(&json!([]))).await;
    ask(409, "PUT", &one, Some(&json!({ "images": [] }))).await;
    ask(412, "PUT", &one, Some(&json!({ "images": ["abc"] }))).await;

    let kind = format!("{ALL}/project-type/login");
    ask(200, "GET", &kind, None).await;
    api.ask_as_nobody(401, "GET", &kind, None).await;
    let by_face = json!({ "image": face(1, 2), "searchMode": "accurate", "minScore": 0.8 });
    ask(200, "POST", &kind, Some(&by_face)).await;
    ask(409, "POST", &kind, Some(&json!({}))).await;

    let goes = json!({ "name": "Ben", "images": [face(2, 1)], "collections": [code] });
    let goes = ask(200, "POST", ALL, Some(&goes)).await;
    let goes = format!("{ALL}/{}", goes["data"]["_id"].as_str().unwrap());
    ask(404, "DELETE", &format!("{goes}?collection=unknown"), None).await;
    let detach = format!("{goes}?collection={}", code.as_str().unwrap());
    ask(200, "DELETE", &detach, None).await;
    ask(404, "DELETE", &goes, None).await;
    maria
}

/// Enrolment of somebody who is live.
async fn live(api: &Api<'_>, code: &Value) {
    let path = format!("{ALL}/search-live-face");
    let enrol = |image: String, score: f64| {
        json!({
            "name": "Jane Doe", "images": [image], "gender": "F", "date_of_birth": "1990-01-15", "collection_id": code,
            "liveness_min_score": score, "min_score": 0.8, "search_mode": "FAST",
        })
    };
    api.ask(409, "POST", &path, Some(&json!({}))).await;
    // Already there, then not live.
    for (who, score) in [(1, 0.5), (3, 1.0)] {
        api.ask(409, "POST", &path, Some(&enrol(face(who, 2), score)))
            .await;
    }
    match live_face() {
        Some(image) => drop(api.ask(200, "POST", &path, Some(&enrol(image, 0.5))).await),
        // Composites are not live.
        None => api.note(api.document.operation("POST", &path), 200),
    }
}
