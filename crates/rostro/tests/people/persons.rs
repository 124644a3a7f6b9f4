//! Sections 5.1, 5.2, 5.6 and 5.7 of the contract.

use serde_json::{Value, json};

use crate::{
    account::{Account, COLLECTIONS, NOTHING, PERSONS, at, no_collection, no_person, text},
    common::shared::on_both,
    pictures::face,
};

on_both! {
    Account<'_>,
    a_person_is_stored_and_shown,
    what_clients_send_of_a_person_is_understood,
    the_same_person_twice_in_one_collection_is_told,
    a_person_is_changed_in_part,
    new_images_take_the_place_of_the_old_ones,
    a_person_is_taken_out_of_collections_one_by_one,
    a_person_is_deleted,
    a_person_that_is_not_there_is_told,
}

async fn a_person_is_stored_and_shown(account: &Account<'_>) {
    let collection = account.collection("one").await;
    let request = json!({
        "name": "John Doe", "images": [face(1, 1), face(1, 2)], "gender": "M", "date_of_birth": "1990-01-15",
        "nationality": "US", "collections": [collection["_id"]], "notes": "VIP customer",
    });
    let (status, body) = account.post(PERSONS, &request).await;
    assert_eq!(status, 200, "{body}");
    insta::assert_json_snapshot!("enrolled", body, {
        ".id" => "[mark]", ".signature.dateTime" => "[date]", ".data._id" => "[id]",
        ".data.client" => "[client]", ".data.collections[]" => "[code]",
        ".data.thumbnails[].id" => "[uuid]", ".data.thumbnails[].thumbnail" => "[jpeg]",
        ".data.createdAt" => "[time]", ".data.updatedAt" => "[time]",
    });
    let person = &body["data"];
    assert_eq!(person["client"], json!(account.id));
    assert_eq!(person["collections"], json!([collection["code"]]));
    for thumbnail in person["thumbnails"].as_array().unwrap() {
        assert_eq!(
            text(&thumbnail["id"])
                .parse::<uuid::Uuid>()
                .unwrap()
                .get_version_num(),
            4
        );
        let jpeg = base64_simd::STANDARD
            .decode_to_vec(text(&thumbnail["thumbnail"]))
            .unwrap();
        let picture = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), (112, 112));
    }
    assert_eq!(account.data(&at(PERSONS, person)).await, *person);
    let populated = account
        .data(&format!("{}?populates[]=collections", at(PERSONS, person)))
        .await;
    let label = json!({ "_id": collection["_id"], "code": collection["code"], "name": "one" });
    assert_eq!(populated["collections"], json!([label]));
    // Visible to searches with the answer, with every picture, by the same id.
    assert_eq!(
        account.search(face(1, 3), Some(&collection)).await,
        [text(&person["_id"])]
    );
}

async fn what_clients_send_of_a_person_is_understood(account: &Account<'_>) {
    let collection = account.collection("one").await;
    let request = json!({
        "name": " Ana 2 María 99", "image": face(1, 1), "colletions": [collection["_id"]], "gender": "",
        "date_of_birth": { "year": 1990, "month": 1, "day": 15 }, "notes": "", "nationality": null,
        "email": "a@example.com", "emails": ["a@example.com", "b@example.com", ""], "phone": "+573001234567",
        "documentValidations": [], "status": "active", "deep": { "er": [1] },
    });
    let (status, body) = account.post(PERSONS, &request).await;
    assert_eq!(status, 200, "{body}");
    let person = &body["data"];
    assert_eq!(person["name"], "Ana María");
    assert_eq!(person["collections"], json!([collection["code"]]));
    assert_eq!(person["date_of_birth"], "1990-01-15T00:00:00.000Z");
    assert_eq!(person["emails"], json!(["a@example.com", "b@example.com"]));
    assert_eq!(person["phones"], json!(["+573001234567"]));
    assert_eq!(
        (&person["notes"], &person["nationality"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (person.get("gender"), person.get("livenessScore")),
        (None, None)
    );
    // The whole of it, sent back, changes nothing but its version.
    let (status, mut body) = account.put(&at(PERSONS, person), person).await;
    assert_eq!(status, 200, "{body}");
    let mut same = person.clone();
    for key in ["updatedAt", "__v"] {
        same[key] = Value::Null;
        body["data"][key] = Value::Null;
    }
    assert_eq!(body["data"], same);
}

async fn the_same_person_twice_in_one_collection_is_told(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let request = |collection: &Value, born: Value| {
        json!({
            "name": "Maria Perez", "images": [face(2, 1)], "gender": "F", "date_of_birth": born,
            "collections": [collection["code"]],
        })
    };
    let (_, first) = account
        .post(PERSONS, &request(&one, json!("1994-02-07")))
        .await;
    let mut again = request(&one, json!("1994-02-07T00:00:00.000Z"));
    // Not the face counts, and digits do not.
    again["images"] = json!([face(3, 1)]);
    again["name"] = json!("Maria Perez 2");
    let (status, body) = account.post(PERSONS, &again).await;
    assert_eq!(status, 412);
    let wanted = json!({
        "message": "person_already_set",
        "code": "PreconditionFailed",
        "data": {
            "_id": first["data"]["_id"],
            "name": "Maria Perez",
            "date_of_birth": "1994-02-07",
            "gender": "F",
            "collections": [{ "_id": one["_id"], "code": one["code"], "name": "one" }],
            "thumbnails": first["data"]["thumbnails"],
        },
    });
    assert_eq!(body, wanted);
    // Another day, no day, another collection: other persons.
    for other in [
        request(&one, json!("1994-02-08")),
        request(&one, Value::Null),
        request(&two, json!("1994-02-07")),
    ] {
        assert_eq!(account.post(PERSONS, &other).await.0, 200);
    }
    let (status, body) = account.post(PERSONS, &request(&one, Value::Null)).await;
    assert_eq!(
        (status, &body["data"]["date_of_birth"]),
        (412, &Value::Null)
    );
    // Nor by a change.
    let path = at(PERSONS, &first["data"]);
    let (status, body) = account
        .put(&path, &json!({ "date_of_birth": "1994-02-08" }))
        .await;
    assert_eq!(
        (status, &body["message"]),
        (412, &json!("person_already_set"))
    );
    let both = json!({ "collections": [one["code"], two["_id"]] });
    assert_eq!(account.put(&path, &both).await.0, 412);
    assert_eq!(account.data(&path).await, first["data"]);
}

async fn a_person_is_changed_in_part(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let person = account.person("Ana", 1, &[&one]).await;
    let path = at(PERSONS, &person);
    let change = json!({ "gender": "F", "date_of_birth": "1992-03-02", "notes": "a note", "nationality": "CO" });
    let (status, body) = account.put(&path, &change).await;
    assert_eq!(status, 200, "{body}");
    let changed = &body["data"];
    assert_eq!(changed["name"], "Ana");
    assert_eq!(changed["date_of_birth"], "1992-03-02T00:00:00.000Z");
    assert_eq!(changed["thumbnails"], person["thumbnails"]);
    assert_eq!(changed["collections"], person["collections"]);
    assert_eq!(
        changed["__v"].as_i64(),
        person["__v"].as_i64().map(|version| version + 1)
    );
    let change = json!({ "name": "Ana2 Luz", "notes": "", "gender": "", "collections": [two["_id"], two["code"]] });
    let (_, body) = account.put(&path, &change).await;
    let changed = &body["data"];
    assert_eq!(changed["name"], "Ana Luz");
    assert_eq!(
        (changed.get("gender"), &changed["notes"]),
        (None, &Value::Null)
    );
    assert_eq!(changed["nationality"], "CO");
    assert_eq!(changed["collections"], json!([two["code"]]));
    assert_eq!(account.search(face(1, 2), Some(&one)).await, [""; 0]);
    assert_eq!(
        account.search(face(1, 2), Some(&two)).await,
        [text(&person["_id"])]
    );
    let change = json!({ "collections": [] });
    assert_eq!(
        account.put(&path, &change).await.1["data"]["collections"],
        json!([])
    );
    assert_eq!(
        account.search(face(1, 2), None).await,
        [text(&person["_id"])]
    );
    let change = json!({ "name": "Eve", "collections": [NOTHING[1]] });
    assert_eq!(account.put(&path, &change).await, no_collection());
    assert_eq!(account.data(&path).await["name"], "Ana Luz");
}

async fn new_images_take_the_place_of_the_old_ones(account: &Account<'_>) {
    let one = account.collection("one").await;
    let person = account.person("Ana", 1, &[&one]).await;
    let change = json!({ "images": [face(2, 1), face(2, 2), face(2, 3)] });
    let (status, body) = account.put(&at(PERSONS, &person), &change).await;
    assert_eq!(status, 200, "{body}");
    let thumbnails = body["data"]["thumbnails"].as_array().unwrap();
    assert_eq!(thumbnails.len(), 3);
    assert!(!thumbnails.contains(&person["thumbnails"][0]));
    assert_eq!(account.search(face(1, 1), Some(&one)).await, [""; 0]);
    assert_eq!(
        account.search(face(2, 1), Some(&one)).await,
        [text(&person["_id"])]
    );
}

async fn a_person_is_taken_out_of_collections_one_by_one(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let third = account.collection("three").await;
    let person = account.person("Ana", 1, &[&one, &two]).await;
    let path = at(PERSONS, &person);
    let out_of = |name: &Value| format!("{path}?collection={}", text(name));
    assert_eq!(
        account.delete(&out_of(&json!(NOTHING[1]))).await,
        no_collection()
    );
    assert_eq!(account.delete(&out_of(&third["code"])).await, no_person());
    let (status, body) = account.delete(&out_of(&one["code"])).await;
    assert_eq!(
        (status, &body["data"]),
        (200, &json!({ "_id": person["_id"] }))
    );
    assert_eq!(body["success"], true);
    assert_eq!(
        account.data(&path).await["collections"],
        json!([two["code"]])
    );
    assert_eq!(account.search(face(1, 1), Some(&one)).await, [""; 0]);
    assert_eq!(
        account.search(face(1, 1), Some(&two)).await,
        [text(&person["_id"])]
    );
    // The last one, by id.
    let (status, body) = account.delete(&out_of(&two["_id"])).await;
    assert_eq!(
        (status, &body["message"]),
        (200, &json!("Person deleted successfully"))
    );
    assert_eq!(account.get(&path).await, no_person());
    assert_eq!(account.search(face(1, 1), None).await, [""; 0]);
}

async fn a_person_is_deleted(account: &Account<'_>) {
    let one = account.collection("one").await;
    let person = account.person("Ana", 1, &[&one]).await;
    let (status, body) = account
        .delete(&format!("{}?collection=", at(PERSONS, &person)))
        .await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("deleted", body, {
        ".id" => "[mark]", ".signature.dateTime" => "[date]", ".data._id" => "[id]",
    });
    assert_eq!(account.delete(&at(PERSONS, &person)).await, no_person());
    assert_eq!(account.search(face(1, 1), Some(&one)).await, [""; 0]);
    assert_eq!(account.data(&at(COLLECTIONS, &one)).await["name"], "one");
    // Free again.
    account.person("Ana", 1, &[&one]).await;
}

async fn a_person_that_is_not_there_is_told(account: &Account<'_>) {
    let one = account.collection("one").await;
    for id in NOTHING {
        let path = format!("{PERSONS}/{id}");
        assert_eq!(account.get(&path).await, no_person(), "{id}");
        assert_eq!(
            account.put(&path, &json!({ "name": "Ana" })).await,
            no_person(),
            "{id}"
        );
        let replaced = json!({ "images": [face(1, 1)] });
        assert_eq!(account.put(&path, &replaced).await, no_person(), "{id}");
        assert_eq!(account.delete(&path).await, no_person(), "{id}");
        let out = format!("{path}?collection={}", text(&one["code"]));
        assert_eq!(account.delete(&out).await, no_person(), "{id}");
    }
}
