//! Persons by themselves.

use serde_json::{Value, json};

use crate::{
    account::{Account, ids, not_found, taken, text},
    harness::on_both,
    pictures::face,
};

on_both! {
    a_person_has_what_was_said,
    a_person_of_whom_little_was_said,
    ids_are_unique,
    a_person_is_changed_in_part,
    new_images_take_the_place_of_the_old_ones,
    a_person_is_deleted,
    persons_of_odd_names,
    persons_are_deleted_together,
    crops_enrol,
    persons_in_unknown_collections,
}

async fn a_person_has_what_was_said(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let new = json!({
        "id": "emp/17 ñ", "name": "Ada", "images": [face(1, 1), face(1, 2), face(1, 3)], "gender": "F",
        "date_of_birth": "1990-01-01", "nationality": "UK", "collections": [two, one], "notes": "a note", "is_bulk_insert": true,
    });
    let person = account.posted(201, "person", &new).await;
    for field in [
        "id",
        "name",
        "gender",
        "date_of_birth",
        "nationality",
        "notes",
    ] {
        assert_eq!(person[field], new[field], "{field}");
    }
    let thumbnails = person["thumbnails"].as_array().unwrap();
    assert_eq!(thumbnails.len(), 3);
    for thumbnail in thumbnails {
        let jpeg = base64_simd::STANDARD
            .decode_to_vec(text(&thumbnail["thumbnail"]))
            .unwrap();
        let picture = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), (112, 112));
    }
    let mut known = ids(&person["collections"]);
    known.sort();
    let mut wanted = [one.clone(), two];
    wanted.sort();
    assert_eq!(known, wanted);
    assert_eq!(person["collections"][0]["count"], json!(1));
    assert_eq!(account.got("person/emp%2F17%20%C3%B1").await, person);
    assert_eq!(account.found(1, Some(&one)).await, ["emp/17 ñ"]);
}

async fn a_person_of_whom_little_was_said(account: &Account<'_>) {
    let new = account
        .posted(201, "person", &json!({ "images": [face(1, 1)] }))
        .await;
    let id = text(&new["id"]);
    assert_eq!(id.len(), 24, "the Verifik dialect's");
    for field in ["name", "gender", "date_of_birth", "nationality", "notes"] {
        assert_eq!(new[field], Value::Null, "{field}");
    }
    assert_eq!(new["collections"], json!([]));
    assert_eq!(account.got(&format!("person/{id}")).await, new);
    assert_eq!(account.found(1, None).await, [id]);
}

async fn ids_are_unique(account: &Account<'_>) {
    account.person("emp-1", 1, &[]).await;
    let again = json!({ "id": "emp-1", "images": [face(2, 1)] });
    assert_eq!(account.post("person", &again).await, taken());
    assert_eq!(account.post("person/crops", &again).await, taken());
    // Case counts, and other accounts do not.
    account.person("EMP-1", 2, &[]).await;
    account.stranger().await.person("emp-1", 3, &[]).await;
    // The id that the server made for somebody is taken too.
    let other = account
        .posted(201, "person", &json!({ "images": [face(3, 1)] }))
        .await;
    let like = json!({ "id": other["id"], "images": [face(3, 1)] });
    assert_eq!(account.post("person", &like).await, taken());
    // Who chose an id goes by that alone.
    let found = account
        .verifik(
            "search",
            &json!({ "images": [face(1, 1)], "min_score": 0.8, "search_mode": "FAST" }),
        )
        .await;
    assert_eq!(
        account
            .get(&format!("person/{}", text(&found[0]["id"])))
            .await,
        not_found()
    );
    assert_eq!(account.got("persons").await["count"], json!(3));
}

async fn a_person_is_changed_in_part(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let new = json!({
        "id": "ada", "name": "Ada", "images": [face(1, 1)], "gender": "F", "date_of_birth": "1990-01-01", "nationality": "UK",
        "collections": [one], "notes": "a note",
    });
    let mut wanted = account.posted(201, "person", &new).await;
    let change = async |fields: Value| {
        let mut request = json!({ "id": "ada" });
        request
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let (status, now) = account.patch("person", &request).await;
        assert_eq!(status, 200, "{now}");
        assert_eq!(account.got("person/ada").await, now);
        now
    };
    let same = |now: Value, wanted: &mut Value| {
        wanted["modified_date"] = now["modified_date"].clone();
        assert_eq!(now, *wanted);
    };
    same(change(json!({})).await, &mut wanted);
    let nulls = json!({ "name": null, "images": null, "gender": null, "date_of_birth": null, "nationality": null, "collections": null, "notes": null });
    same(change(nulls).await, &mut wanted);
    for (field, value) in [
        ("name", "Eva"),
        ("gender", "M"),
        ("date_of_birth", "2001-02-03"),
        ("nationality", "CO"),
        ("notes", ""),
    ] {
        wanted[field] = if value.is_empty() {
            Value::Null
        } else {
            json!(value)
        };
        let mut fields = json!({});
        fields[field] = json!(value);
        same(change(fields).await, &mut wanted);
    }
    let moved = change(json!({ "collections": [two] })).await;
    assert_eq!(ids(&moved["collections"]), [two.as_str()]);
    assert_eq!(account.found(1, Some(&one)).await, [""; 0]);
    assert_eq!(account.found(1, Some(&two)).await, ["ada"]);
    let out = change(json!({ "collections": [] })).await;
    assert_eq!(out["collections"], json!([]));
    assert_eq!(
        account
            .patch("person", &json!({ "id": "nobody", "name": "x" }))
            .await,
        not_found()
    );
    let nowhere = json!({ "id": "ada", "name": "lost", "collections": [uuid::Uuid::new_v4()] });
    assert_eq!(account.patch("person", &nowhere).await, not_found());
    assert_eq!(account.got("person/ada").await["name"], json!("Eva"));
}

async fn new_images_take_the_place_of_the_old_ones(account: &Account<'_>) {
    let old = account.person("ada", 1, &[]).await;
    let change = json!({ "id": "ada", "images": [face(2, 1), face(2, 3)] });
    let (status, now) = account.patch("person", &change).await;
    assert_eq!(
        (status, now["thumbnails"].as_array().unwrap().len()),
        (200, 2)
    );
    assert!(!ids(&now["thumbnails"]).contains(&ids(&old["thumbnails"])[0]));
    assert_eq!(account.found(1, None).await, [""; 0]);
    assert_eq!(account.found(2, None).await, ["ada"]);
}

async fn a_person_is_deleted(account: &Account<'_>) {
    let id = account.collection("one").await;
    account.person("ada", 1, &[&id]).await;
    let stranger = account.stranger().await;
    assert_eq!(stranger.delete("person/ada").await, not_found());
    assert_eq!(
        account.delete("person/ada").await,
        (200, json!({ "id": "ada" }))
    );
    assert_eq!(account.delete("person/ada").await, not_found());
    assert_eq!(account.get("person/ada").await, not_found());
    assert_eq!(account.found(1, None).await, [""; 0]);
    assert_eq!(
        account.got(&format!("collection/{id}")).await["count"],
        json!(0)
    );
    for id in ["65b9592267cc4f096dbe743d", "%FF%00", "x"] {
        assert_eq!(
            account.get(&format!("person/{id}")).await,
            not_found(),
            "{id}"
        );
        assert_eq!(
            account.delete(&format!("person/{id}")).await,
            not_found(),
            "{id}"
        );
    }
}

/// Words that routes have, and what would have to be escaped.
async fn persons_of_odd_names(account: &Account<'_>) {
    for (id, path) in [
        ("crops", "crops"),
        ("images", "images"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("100% x", "100%25%20x"),
    ] {
        account.person(id, 1, &[]).await;
        let url = format!("person/{path}");
        let request = account.request(reqwest::Method::GET, &url);
        let (status, person) = crate::common::answer(request).await;
        assert_eq!((status, &person["id"]), (200, &json!(id)));
        let (status, gone) =
            crate::common::answer(account.request(reqwest::Method::DELETE, &url)).await;
        assert_eq!((status, gone), (200, json!({ "id": id })));
    }
}

async fn persons_are_deleted_together(account: &Account<'_>) {
    for (name, who) in [("ana", 1), ("eva", 2), ("ida", 3)] {
        account.person(name, who, &[]).await;
    }
    let stranger = account.stranger().await;
    stranger.person("theirs", 1, &[]).await;
    let request =
        json!({ "action": "DELETE", "person_ids": ["eva", "nobody", "theirs", "ana", "eva"] });
    let gone = account.patch("persons", &request).await;
    assert_eq!(gone, (200, json!([{ "id": "eva" }, { "id": "ana" }])));
    assert_eq!(ids(&account.got("persons").await["persons"]), ["ida"]);
    assert_eq!(account.found(2, None).await, [""; 0]);
    assert_eq!(stranger.got("persons").await["count"], json!(1));
    let none = json!({ "action": "DELETE", "person_ids": ["nobody"] });
    assert_eq!(account.patch("persons", &none).await, (200, json!([])));
}

/// The thumbnails of `detect` are crops in which a detector may find no face.
async fn crops_enrol(account: &Account<'_>) {
    let faces = account
        .posted(200, "detect", &json!({ "image": face(1, 1) }))
        .await;
    let crop = text(&faces[0]["thumbnail"]);
    let new = json!({ "id": "ada", "images": [crop], "name": "Ada" });
    let person = account.posted(201, "person/crops", &new).await;
    assert_eq!(
        (
            &person["id"],
            person["thumbnails"].as_array().unwrap().len()
        ),
        (&json!("ada"), 1)
    );
    assert_eq!(account.found(1, None).await, ["ada"]);
    let crops = json!({ "images": [crop] });
    assert_eq!(
        ids(&account.posted(200, "search/crops", &crops).await),
        ["ada"]
    );
    // Whole pictures are as good.
    account
        .posted(
            201,
            "person/crops",
            &json!({ "id": "eva", "images": [face(2, 1)] }),
        )
        .await;
    assert_eq!(account.found(2, None).await, ["eva"]);
}

async fn persons_in_unknown_collections(account: &Account<'_>) {
    let foreign = account.stranger().await.collection("foreign").await;
    for id in [foreign, uuid::Uuid::new_v4().to_string(), "x".repeat(36)] {
        let new = json!({ "images": [face(1, 1)], "collections": [id] });
        assert_eq!(account.post("person", &new).await, not_found());
        assert_eq!(account.post("person/crops", &new).await, not_found());
    }
    assert_eq!(account.got("persons").await["count"], json!(0));
}
