//! Whole answers of every operation, as they are sent. What differs from run to run is replaced by its kind.

use insta::{Settings, assert_json_snapshot};
use serde_json::{Value, json};

use crate::{
    account::{Account, ids, text},
    harness::on_both,
    pictures::{encode, face, five_faces},
};

on_both! { answers }

/// Takes out what differs from run to run, or from processor to processor, keeping its form in sight.
fn mask(key: &str, value: &mut Value) {
    match (key, &mut *value) {
        (_, Value::Object(map)) => map.iter_mut().for_each(|(key, value)| mask(key, value)),
        (_, Value::Array(list)) => list.iter_mut().for_each(|value| mask(key, value)),
        ("id" | "collection_id", Value::String(text)) if text.len() == 36 => {
            *value = json!("[UUID]")
        }
        ("thumbnail", Value::String(text)) if text.starts_with("/9j/") => *value = json!("[JPEG]"),
        ("create_date" | "modified_date", Value::String(text)) => {
            let zero = |c: char| if c.is_ascii_digit() { '0' } else { c };
            *value = json!(text.chars().map(zero).collect::<String>());
        }
        ("liveness_score", Value::String(_)) => *value = json!("[score as a text]"),
        ("score" | "liveness_score" | "detection_score", Value::Number(number)) => {
            let number = number.as_f64().unwrap();
            let decimals = number * 1e4;
            assert!((0.0..=1.0).contains(&number) && (decimals - decimals.round()).abs() < 1e-6);
            *value = json!("[score]");
        }
        ("count", _) => {}
        (_, Value::Number(number)) => {
            *value = json!(if number.is_i64() {
                "[whole]"
            } else {
                "[number]"
            })
        }
        _ => {}
    }
}

/// Compares an answer with the one that is kept under `name`.
fn snapshot(name: &str, (status, mut body): (u16, Value)) {
    mask("", &mut body);
    let mut settings = Settings::clone_current();
    settings.set_snapshot_suffix(name);
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_sort_maps(true);
    settings.bind(|| assert_json_snapshot!("answer", json!({ "status": status, "body": body })));
}

async fn answers(account: &Account<'_>) {
    collections(account).await;
    persons(account).await;
    faces(account).await;
    deletions(account).await;
}

async fn collections(account: &Account<'_>) {
    let new = json!({ "name": "Staff", "description": "All of us" });
    let (status, staff) = account.post("collection", &new).await;
    let id = text(&staff["id"]);
    snapshot("create-collection", (status, staff));
    let change = json!({ "id": id, "name": "Crew" });
    snapshot(
        "update-collection",
        account.patch("collection", &change).await,
    );
    snapshot(
        "get-collection",
        account.get(&format!("collection/{id}")).await,
    );
    snapshot(
        "get-collections",
        account.get(&format!("collections/{id}")).await,
    );
    snapshot("list-collections", account.get("collections").await);
}

/// The account's only collection.
async fn crew(account: &Account<'_>) -> String {
    ids(&account.got("collections").await["collections"]).remove(0)
}

async fn persons(account: &Account<'_>) {
    let id = crew(account).await;
    let new = json!({
        "id": "emp-17", "name": "Ada", "images": [face(1, 1), face(1, 3)], "gender": "F", "date_of_birth": "1990-01-01",
        "collections": [id], "notes": "a note",
    });
    snapshot("create-person", account.post("person", &new).await);
    let crops = account
        .posted(200, "detect", &json!({ "image": face(2, 1) }))
        .await;
    let eva = json!({ "id": "emp-18", "images": [crops[0]["thumbnail"]] });
    snapshot(
        "create-person-crops",
        account.post("person/crops", &eva).await,
    );
    let change = json!({ "id": "emp-17", "nationality": "UK", "notes": "" });
    snapshot("update-person", account.patch("person", &change).await);
    let more = json!({ "person_id": "emp-18", "images": [face(2, 3)] });
    snapshot("add-images", account.post("person/images", &more).await);
    let eva = account.got("person/emp-18").await;
    let change = json!({ "id": "emp-18", "name": "Eva", "new_images": [face(2, 2)], "removed_thumbnail_ids": [ids(&eva["thumbnails"])[0]] });
    snapshot(
        "change-images",
        account.patch("person/images", &change).await,
    );
    snapshot("get-person", account.get("person/emp-18").await);
    let member = json!({ "collection_id": id, "person_id": "emp-18" });
    snapshot(
        "add-person-to-collection",
        account.post("collection/person", &member).await,
    );
    let change = json!({ "collection_id": id, "new_person_ids": ["emp-17"], "removed_person_ids": ["emp-18"] });
    snapshot(
        "change-persons",
        account.patch("collection/persons", &change).await,
    );
    snapshot("list-persons", account.get("persons?take=1").await);
    snapshot(
        "list-persons-of-collection",
        account.get(&format!("persons/{id}")).await,
    );
    snapshot(
        "list-collections-of-person",
        account.get("collections/person/emp-17").await,
    );
}

async fn faces(account: &Account<'_>) {
    let (one, other) = (face(1, 2), [face(1, 1), face(1, 3)]);
    snapshot(
        "liveness",
        account.post("liveness", &json!({ "image": one })).await,
    );
    let pair = json!({ "probe": [one], "gallery": other });
    snapshot("compare", account.post("compare", &pair).await);
    let pair = json!({ "probe": one, "gallery": other });
    snapshot(
        "compare-live-face",
        account.post("compare-live-face", &pair).await,
    );
    snapshot(
        "search",
        account.post("search", &json!({ "images": [one] })).await,
    );
    snapshot(
        "search-crops",
        account
            .post("search/crops", &json!({ "images": [one] }))
            .await,
    );
    let (status, mut live) = account
        .post("search-live-face", &json!({ "image": one }))
        .await;
    // A composite is neither live nor an attack: who is found is not to be relied on.
    assert!(live["persons"].is_array());
    live["persons"] = json!("[persons]");
    snapshot("search-live-face", (status, live));
    snapshot(
        "detect",
        account.post("detect", &json!({ "image": one })).await,
    );
    snapshot(
        "detect-search",
        account
            .post("detect", &json!({ "image": one, "search": {} }))
            .await,
    );
    let claim = json!({ "id": "emp-17", "images": [one] });
    snapshot("verify", account.post("verify", &claim).await);
    let claim = json!({ "id": "emp-18", "images": [one] });
    snapshot("verify-not", account.post("verify", &claim).await);
    let crowd = json!({ "image": encode(&five_faces()) });
    snapshot("head-count", account.post("head-count", &crowd).await);
}

async fn deletions(account: &Account<'_>) {
    let id = crew(account).await;
    let member = format!("collection/person/{id}/emp-17");
    snapshot(
        "remove-person-from-collection",
        account.delete(&member).await,
    );
    let ada = account.got("person/emp-17").await;
    let image = format!("person/image/emp-17/{}", ids(&ada["thumbnails"])[0]);
    snapshot("delete-image", account.delete(&image).await);
    snapshot("delete-person", account.delete("person/emp-17").await);
    let all = json!({ "action": "DELETE", "person_ids": ["emp-17", "emp-18"] });
    snapshot("delete-persons", account.patch("persons", &all).await);
    snapshot(
        "delete-collection",
        account.delete(&format!("collection/{id}")).await,
    );
}
