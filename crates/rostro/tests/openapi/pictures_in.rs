//! Operations that take pictures: those that keep nothing, and searches.

use serde_json::{Value, json};

use crate::{
    api::Api,
    document::Operation,
    pictures::{encode, face, nobody},
};

/// The operations with one of these tags, and whether they need a token.
fn tagged(api: &Api<'_>, tags: &[&str]) -> Vec<(Operation, bool)> {
    let all = api.document.operations().into_iter();
    all.filter(|(_, described)| tags.iter().any(|tag| described["tags"][0] == *tag))
        .map(|(operation, described)| (operation, described.get("security").is_some()))
        .collect()
}

/// The operations that keep nothing of a picture, and the demo routes.
pub(crate) async fn biometrics(api: &Api<'_>) {
    let operations = tagged(api, &["Biometric operations", "Demo"]);
    assert!(operations.len() >= 10, "{operations:?}");
    // Fits the request schema of each.
    let honest = json!({
        "os": "DESKTOP", "image": face(1, 1), "probe": face(1, 1), "gallery": [face(1, 2)], "liveness_min_score": 0.6,
    });
    let mut form_a = honest.clone();
    form_a["min_score"] = json!(0.8);
    form_a["search_mode"] = json!("FAST");
    let not_pictures = json!({
        "image": "abc", "probe": "abc", "gallery": "abc", "os": "IOS", "liveness_min_score": 0.6,
    });
    for (operation, guarded) in operations {
        let path = &operation.path;
        for (wanted, body) in [
            (200, &honest),
            (409, &json!({})),
            (400, &json!([])),
            (412, &not_pictures),
            (200, &form_a),
        ] {
            match guarded {
                true => api.ask(wanted, "POST", path, Some(body)).await,
                false => api.ask_as_nobody(wanted, "POST", path, Some(body)).await,
            };
        }
        let wanted = if guarded { 401 } else { 409 };
        api.ask_as_nobody(wanted, "POST", path, Some(&json!({})))
            .await;
    }
}

/// The searches, among others for this enrolled person.
pub(crate) async fn searches(api: &Api<'_>, person: &Value) {
    let operations = tagged(api, &["Search"]);
    assert!(operations.len() >= 5, "{operations:?}");
    let honest = json!({
        "id": person["_id"], "os": "DESKTOP", "image": face(1, 2), "images": [face(1, 2)], "min_score": 0.7,
        "search_mode": "FAST", "liveness_min_score": 0.5,
    });
    let with = |changes: Value| {
        let mut body = honest.clone();
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    };
    let not_pictures = with(json!({ "image": "abc", "images": ["abc"] }));
    let unknown = with(json!({ "collection_id": "65b9592267cc4f096dbe743d" }));
    let wall = encode(&nobody());
    let faceless = with(json!({ "image": wall, "images": [wall] }));
    for (operation, guarded) in operations {
        assert!(guarded, "{operation} needs no token");
        let path = &operation.path;
        for (wanted, body) in [
            (200, &honest),
            (409, &json!({})),
            (400, &json!([])),
            (412, &not_pictures),
            (404, &unknown),
        ] {
            api.ask(wanted, "POST", path, Some(body)).await;
        }
        // A crop without a face is taken as one.
        let wanted = if path.ends_with("/crops") { 200 } else { 422 };
        api.ask(wanted, "POST", path, Some(&faceless)).await;
        api.ask_as_nobody(401, "POST", path, Some(&honest)).await;
    }
}
