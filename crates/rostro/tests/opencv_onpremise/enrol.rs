//! `PUT /person`: fields, defaults, what is kept, duplicates.

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, refusals},
    common::shared::on_both,
    pictures::{encode, face, face_file, five_faces, nobody},
    portraits::row,
};

on_both! { Account<'_>, enrol_and_update, what_is_kept, duplicates, ids_of_several_collections, fields, pictures, many_writers_of_one_id }

/// A good body for person `id`, with picture `number` of the composite `id`.
pub(crate) fn person(id: u32, number: u32) -> Value {
    json!({ "collection_name": "SSAI", "person_id": format!("P{id}"), "person_name": format!("Person {id}"),
            "face_base_64": face(id, number), "face_storage_type": "StoreThumbnails" })
}

pub(crate) fn with(mut body: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// An empty collection `SSAI`.
pub(crate) async fn ssai(account: &Account<'_>) {
    account
        .ask("POST", "/collection", &json!({ "name": "SSAI" }))
        .await;
}

async fn members(account: &Account<'_>) -> Value {
    account.get("/persons?collection_name=SSAI").await
}

async fn enrol_and_update(account: &Account<'_>) {
    ssai(account).await;
    let whole = with(
        person(1, 1),
        json!({ "metadata": { "DOB": "2000-01-01", "ñ": "" }, "check_duplicates": false, "duplicate_check_min_similarity": 0.7,
                "check_liveness": false }),
    );
    let (status, mut answer) = account.call("PUT", "/person", &whole).await;
    assert_eq!(status, 200);
    let thumbnail = answer["face_base_64"].take();
    assert!(thumbnail.as_str().unwrap().starts_with("/9j/"), "a JPEG");
    answer["face_base_64"] = json!("[JPEG]");
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("enrolled", answer);
    });
    // Somebody of the same name is somebody else, and so is somebody with the same face.
    let twin = with(person(1, 1), json!({ "person_id": "p1" }));
    account.ask("PUT", "/person", &twin).await;
    assert_eq!(members(account).await.as_array().unwrap().len(), 2);
    // The same id: everything is replaced, also by nothing.
    let update = with(
        person(2, 1),
        json!({ "person_id": "P1", "person_name": "Renamed", "face_storage_type": "NoStorage" }),
    );
    let updated = account.ask("PUT", "/person", &update).await;
    let wanted = json!({ "person_id": "P1", "person_name": "Renamed", "metadata": {}, "face_base_64": null });
    assert_eq!(updated, wanted);
    let all = members(account).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[0], wanted);
    let search =
        json!({ "collection_name": "SSAI", "face_base_64": face(1, 2), "max_results": 10 });
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["person_id"], "p1", "the old face is gone");
}

async fn what_is_kept(account: &Account<'_>) {
    ssai(account).await;
    let search = json!({ "collection_name": "SSAI", "face_base_64": face(1, 2) });
    let mut kept = Vec::new();
    for kind in ["NoStorage", "StoreThumbnails", "StoreFullImage"] {
        let put = with(person(1, 1), json!({ "face_storage_type": kind }));
        let enrolled = account.ask("PUT", "/person", &put).await;
        let found = account.ask("POST", "/face-search", &search).await;
        assert_eq!(enrolled["face_base_64"], found[0]["face_base_64"], "{kind}");
        kept.push(enrolled["face_base_64"].clone());
    }
    assert_eq!(kept[0], Value::Null);
    let thumbnail = base64_simd::STANDARD
        .decode_to_vec(kept[1].as_str().unwrap())
        .unwrap();
    let thumbnail = image::load_from_memory(&thumbnail).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (112, 112));
    assert_eq!(kept[2], json!(encode(&face_file(1, 1))), "byte for byte");
}

async fn duplicates(account: &Account<'_>) {
    ssai(account).await;
    account.ask("PUT", "/person", &person(1, 1)).await;
    let twin = with(
        person(1, 2),
        json!({ "person_id": "other", "check_duplicates": true }),
    );
    let (status, body) = account.call("PUT", "/person", &twin).await;
    let wanted = json!({ "code": "ERR_ALREADY_EXISTS", "message": "Another entity already exists with the same ID.",
                         "metadata": { "person_id": "P1" } });
    assert_eq!((status, body), (409, wanted));
    assert_eq!(members(account).await.as_array().unwrap().len(), 1);
    // An update is no duplicate of itself, another face is none, and a limit above the likeness lets it in.
    let update = with(person(1, 2), json!({ "check_duplicates": true }));
    account.ask("PUT", "/person", &update).await;
    let somebody = with(person(2, 1), json!({ "check_duplicates": true }));
    account.ask("PUT", "/person", &somebody).await;
    let strict = with(
        twin,
        json!({ "face_base_64": face(1, 3), "duplicate_check_min_similarity": 1.0 }),
    );
    account.ask("PUT", "/person", &strict).await;
    // In another collection the face is no duplicate.
    account
        .ask("POST", "/collection", &json!({ "name": "Other" }))
        .await;
    let elsewhere = with(
        person(2, 1),
        json!({ "collection_name": "Other", "person_id": "x", "check_duplicates": true }),
    );
    account.ask("PUT", "/person", &elsewhere).await;
}

async fn ids_of_several_collections(account: &Account<'_>) {
    ssai(account).await;
    account
        .ask("POST", "/collection", &json!({ "name": "Other" }))
        .await;
    account.ask("PUT", "/person", &person(1, 1)).await;
    // Who has the id and the face is the same, and in both from now on.
    let both = with(person(1, 2), json!({ "collection_name": "Other" }));
    account.ask("PUT", "/person", &both).await;
    for name in ["SSAI", "Other"] {
        let found = account
            .get(&format!("/persons?collection_name={name}"))
            .await;
        assert_eq!(found[0]["person_id"], "P1", "{name}");
    }
    // Who has the id and another face is somebody else: nobody is overwritten.
    account
        .ask("POST", "/collection", &json!({ "name": "Third" }))
        .await;
    let stranger = with(
        person(2, 1),
        json!({ "collection_name": "Third", "person_id": "P1" }),
    );
    let exists = "Another entity already exists with the same ID.";
    refusals(
        account,
        &[(
            "PUT",
            "/person",
            stranger,
            409,
            "ERR_ALREADY_EXISTS",
            exists,
        )],
    )
    .await;
    // Deleting one collection leaves the person in the other.
    account
        .ask("DELETE", "/collection", &json!({ "name": "SSAI" }))
        .await;
    let found = account.get("/persons?collection_name=Other").await;
    assert_eq!(found[0]["person_id"], "P1");
}

async fn fields(account: &Account<'_>) {
    ssai(account).await;
    let rows = [
        (
            json!({ "collection_name": null }),
            "collection_name is required",
        ),
        (json!({ "person_id": null }), "person_id is required"),
        (
            json!({ "person_id": "" }),
            "person_id must have at least 1 characters",
        ),
        (
            json!({ "person_id": "i".repeat(301) }),
            "person_id must have at most 300 characters",
        ),
        (json!({ "person_name": null }), "person_name is required"),
        (json!({ "person_name": 7 }), "person_name must be a string"),
        (json!({ "face_base_64": null }), "face_base_64 is required"),
        (
            json!({ "face_base_64": ["x"] }),
            "face_base_64 must be a string",
        ),
        (
            json!({ "face_storage_type": null }),
            "face_storage_type is required",
        ),
        (
            json!({ "face_storage_type": "nostorage" }),
            "face_storage_type must be one of NoStorage, StoreThumbnails, StoreFullImage",
        ),
        (json!({ "metadata": "x" }), "metadata must be an object"),
        (
            json!({ "metadata": { "age": 5 } }),
            "metadata must be a string",
        ),
        (
            json!({ "check_duplicates": "true" }),
            "check_duplicates must be a boolean",
        ),
        (
            json!({ "duplicate_check_min_similarity": 1.1 }),
            "duplicate_check_min_similarity must be at most 1",
        ),
        (
            json!({ "duplicate_check_min_similarity": "0.7" }),
            "duplicate_check_min_similarity must be a number",
        ),
        (
            json!({ "check_liveness": 1 }),
            "check_liveness must be a boolean",
        ),
        (
            json!({ "person_name": "a\u{0}b" }),
            "a text contains an invalid value",
        ),
    ];
    for (change, told) in rows {
        let body = with(person(1, 1), change);
        let message = format!("Invalid request: {told}");
        let row = (
            "PUT",
            "/person",
            body,
            422,
            "ERR_UNPROCESSABLE_CONTENT",
            message.as_str(),
        );
        refusals(account, &[row]).await;
    }
    assert_eq!(members(account).await, json!([]));
    // 300 characters, blanks and signs are fine in ids and names.
    let odd = with(
        person(1, 1),
        json!({ "person_id": "ñ".repeat(300), "person_name": " two  words / ".repeat(20) }),
    );
    let answer = account.ask("PUT", "/person", &odd).await;
    assert_eq!(answer["person_name"], odd["person_name"]);
    let missing = "The requested entity could not be found.";
    let elsewhere = with(person(1, 1), json!({ "collection_name": "no such" }));
    refusals(
        account,
        &[("PUT", "/person", elsewhere, 404, "ERR_NOT_FOUND", missing)],
    )
    .await;
}

async fn pictures(account: &Account<'_>) {
    ssai(account).await;
    let undecodable = "The posted Base64 image(s) could not be decoded as JPEG/PNG bytes.";
    let no_picture = [
        "U2Vjb25kIGltYWdl".to_owned(),
        "not base64 at all!".repeat(20),
        encode(&vec![b'x'; 500]),
        format!("https://example.com/{}.jpg", "a".repeat(100)),
        encode(&face_file(1, 1)[..2000]),
        String::new(),
    ];
    for picture in no_picture {
        // A picture that is none is told before a collection that is none.
        for name in ["SSAI", "none"] {
            let body = with(
                person(1, 1),
                json!({ "face_base_64": picture, "collection_name": name }),
            );
            let row = (
                "PUT",
                "/person",
                body,
                422,
                "ERR_BASE64_IMAGE_CANNOT_BE_DECODED",
                undecodable,
            );
            refusals(account, &[row]).await;
        }
    }
    let body = with(person(1, 1), json!({ "face_base_64": encode(&nobody()) }));
    let told = "A face could not be detected in the image(s).";
    refusals(
        account,
        &[("PUT", "/person", body, 400, "ERR_FACE_NOT_DETECTED", told)],
    )
    .await;
    assert_eq!(members(account).await, json!([]));
    // A data URI is a picture; of several faces the largest counts.
    let uri = format!("data:image/jpeg;base64,{}", face(1, 1));
    for picture in [uri, encode(&five_faces()), row(&[(1, 1), (2, 1)])] {
        let body = with(person(1, 1), json!({ "face_base_64": picture }));
        account.ask("PUT", "/person", &body).await;
    }
}

async fn many_writers_of_one_id(account: &Account<'_>) {
    ssai(account).await;
    let bodies: Vec<Value> = (1..=3)
        .chain(1..=3)
        .map(|number| person(1, number))
        .collect();
    let puts = bodies
        .iter()
        .map(|body| account.call("PUT", "/person", body));
    for (status, body) in futures_util::future::join_all(puts).await {
        assert_eq!(status, 200, "{body}");
    }
    assert_eq!(members(account).await.as_array().unwrap().len(), 1);
}
