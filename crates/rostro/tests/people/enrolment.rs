//! What an enrolment refuses, and in which order.

use serde_json::{Value, json};

use crate::{
    account::{Account, NOTHING, PERSONS, at, broken, no_collection},
    common::shared::on_both,
    pictures::{encode, face, five_faces, nobody},
};

on_both! {
    Account<'_>,
    the_fields_of_a_person_are_checked,
    pictures_are_checked,
    a_refused_enrolment_leaves_nothing,
}

/// An enrolment that is good but for one field.
fn with(field: &str, value: Value) -> Value {
    let mut request = json!({ "name": "John Doe", "images": [face(1, 1)] });
    request[field] = value;
    request
}

async fn the_fields_of_a_person_are_checked(account: &Account<'_>) {
    let four = json!([face(1, 1), face(1, 2), face(1, 3), face(1, 1)]);
    let rows = [
        ("name", Value::Null, "\"name\" is required"),
        ("name", json!(""), "\"name\" is not allowed to be empty"),
        (
            "name",
            json!("123 456"),
            "\"name\" is not allowed to be empty",
        ),
        ("name", json!(["a"]), "\"name\" must be a string"),
        (
            "images",
            json!([]),
            "\"images\" does not contain 1 required value(s)",
        ),
        (
            "images",
            four,
            "\"images\" must contain less than or equal to 3 items",
        ),
        ("images", json!([7]), "\"images[0]\" must be a string"),
        ("images", json!(7), "\"images\" must be an array"),
        ("gender", json!("X"), "\"gender\" must be one of [M, F]"),
        ("gender", json!(1), "\"gender\" must be a string"),
        (
            "date_of_birth",
            json!("15/01/1990"),
            "\"date_of_birth\" must be a valid date",
        ),
        (
            "date_of_birth",
            json!("1990-02-30"),
            "\"date_of_birth\" must be a valid date",
        ),
        (
            "date_of_birth",
            json!(1990),
            "\"date_of_birth\" must be a valid date",
        ),
        (
            "date_of_birth",
            json!({ "year": 1990 }),
            "\"date_of_birth\" must be a valid date",
        ),
        ("collections", json!(7), "\"collections\" must be an array"),
        (
            "collections",
            json!([7]),
            "\"collections[0]\" must be a string",
        ),
        ("emails", json!([7]), "\"emails[0]\" must be a string"),
        ("notes", json!({}), "\"notes\" must be a string"),
    ];
    let person = account.person("Ana", 1, &[]).await;
    for (field, value, message) in rows {
        let wanted = (409, broken(message));
        let required = value.is_null();
        let request = with(field, value);
        assert_eq!(account.post(PERSONS, &request).await, wanted, "{field}");
        if !required {
            assert_eq!(
                account.put(&at(PERSONS, &person), &request).await,
                wanted,
                "{field}"
            );
        }
    }
    let missing = account.post(PERSONS, &json!({ "name": "Ana" })).await;
    assert_eq!(missing, (409, broken("\"images\" is required")));
}

async fn pictures_are_checked(account: &Account<'_>) {
    let no_face = ("ERR_NO_FACE_DETECTED", "No face was found in the image");
    let several = (
        "ERR_MULTIPLE_FACES_DETECTED",
        "The image has more than one face",
    );
    let garbage = ("ERROR", "only_images_in_base64");
    let rows = [
        (json!(["abc"]), 412, garbage),
        (json!([face(1, 1), "A".repeat(400)]), 412, garbage),
        (json!([encode(&vec![b'x'; 400])]), 412, garbage),
        (json!([face(1, 1), encode(&nobody())]), 422, no_face),
        (json!([encode(&five_faces())]), 422, several),
    ];
    let person = account.person("Ana", 1, &[]).await;
    for (images, status, (code, message)) in rows {
        let wanted = json!({ "message": message, "code": code, "field": "image" });
        let request = with("images", images);
        assert_eq!(
            account.post(PERSONS, &request).await,
            (status, wanted.clone())
        );
        assert_eq!(
            account.put(&at(PERSONS, &person), &request).await,
            (status, wanted)
        );
    }
    assert_eq!(account.data(&at(PERSONS, &person)).await, person);
}

async fn a_refused_enrolment_leaves_nothing(account: &Account<'_>) {
    let one = account.collection("one").await;
    for unknown in NOTHING {
        let request = with("collections", json!([one["code"], unknown]));
        assert_eq!(
            account.post(PERSONS, &request).await,
            no_collection(),
            "{unknown}"
        );
    }
    // A text that is no picture is told before a collection that is not there, and that before what the picture shows.
    let mut request = with("collections", json!([NOTHING[0]]));
    request["images"] = json!([encode(&nobody())]);
    assert_eq!(account.post(PERSONS, &request).await, no_collection());
    request["images"] = json!(["abc"]);
    assert_eq!(account.post(PERSONS, &request).await.0, 412);
    assert_eq!(account.data(PERSONS).await, json!([]));
    assert_eq!(account.search(face(1, 1), None).await, [""; 0]);
}
