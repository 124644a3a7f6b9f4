//! Fields that break a rule: FastAPI's `detail`, all of them at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, broken},
    common::answer,
    harness::on_both,
    pictures::face,
};

on_both! {
    required_fields_are_asked_for,
    every_field_has_its_rule,
    all_that_is_wrong_is_told,
    bodies_that_are_no_object,
    texts_that_cannot_be_stored,
}

/// Every route with a body: method, path, a body that is right, and what it cannot do without.
fn routes() -> Vec<(Method, &'static str, Value, &'static [&'static str])> {
    let (image, id) = (face(1, 1), uuid::Uuid::nil());
    vec![
        (
            Method::POST,
            "liveness",
            json!({ "image": image }),
            &["image"],
        ),
        (
            Method::POST,
            "compare",
            json!({ "probe": [image], "gallery": [image] }),
            &["probe", "gallery"],
        ),
        (
            Method::POST,
            "compare-live-face",
            json!({ "probe": image, "gallery": [image] }),
            &["probe", "gallery"],
        ),
        (
            Method::POST,
            "collection",
            json!({ "name": "x" }),
            &["name"],
        ),
        (Method::PATCH, "collection", json!({ "id": id }), &["id"]),
        (
            Method::POST,
            "collection/person",
            json!({ "collection_id": id, "person_id": "x" }),
            &["collection_id", "person_id"],
        ),
        (
            Method::PATCH,
            "collection/persons",
            json!({ "collection_id": id }),
            &["collection_id"],
        ),
        (
            Method::POST,
            "person",
            json!({ "images": [image] }),
            &["images"],
        ),
        (
            Method::POST,
            "person/crops",
            json!({ "images": [image] }),
            &["images"],
        ),
        (Method::PATCH, "person", json!({ "id": "x" }), &["id"]),
        (
            Method::POST,
            "person/images",
            json!({ "person_id": "x", "images": [image] }),
            &["person_id", "images"],
        ),
        (
            Method::PATCH,
            "person/images",
            json!({ "id": "x" }),
            &["id"],
        ),
        (
            Method::PATCH,
            "persons",
            json!({ "action": "DELETE", "person_ids": ["x"] }),
            &["action", "person_ids"],
        ),
        (
            Method::POST,
            "search",
            json!({ "images": [image] }),
            &["images"],
        ),
        (
            Method::POST,
            "search/crops",
            json!({ "images": [image] }),
            &["images"],
        ),
        (
            Method::POST,
            "search-live-face",
            json!({ "image": image }),
            &["image"],
        ),
        (
            Method::POST,
            "detect",
            json!({ "image": image }),
            &["image"],
        ),
        (
            Method::POST,
            "verify",
            json!({ "id": "x", "images": [image] }),
            &["id", "images"],
        ),
        (
            Method::POST,
            "head-count",
            json!({ "image": image }),
            &["image"],
        ),
    ]
}

fn missing(fields: &[&str]) -> Value {
    let detail = fields
        .iter()
        .map(|field| json!({ "loc": ["body", field], "msg": "Field required", "type": "missing" }));
    json!({ "detail": detail.collect::<Vec<_>>() })
}

async fn required_fields_are_asked_for(account: &Account<'_>) {
    for (method, path, honest, required) in routes() {
        let answer = account.ask(method.clone(), path, Some(&json!({}))).await;
        assert_eq!(answer, (422, missing(required)), "{path}");
        for field in required {
            let mut body = honest.clone();
            body[*field] = Value::Null;
            let answer = account.ask(method.clone(), path, Some(&body)).await;
            assert_eq!(answer, (422, missing(&[*field])), "{path} {field}");
        }
    }
}

/// What each field is, by its name; those that one route has otherwise are said there.
fn rules(path: &str, field: &str) -> Vec<(Value, Value, &'static str, &'static str)> {
    let at = |value: Value, msg, kind| (value, json!(["body", field]), msg, kind);
    let inside = |value: Value, msg, kind| (value, json!(["body", field, 0]), msg, kind);
    let text = || at(json!(5), "Input should be a valid string", "string_type");
    let list = || {
        vec![
            at(json!("x"), "Input should be a valid list", "list_type"),
            inside(json!([5]), "Input should be a valid string", "string_type"),
        ]
    };
    let short = |least| at(json!(""), least, "string_too_short");
    let long = |count: usize, most| at(json!("ñ".repeat(count)), most, "string_too_long");
    let one_of = |names| vec![text(), at(json!("fast"), names, "enum")];
    let number = |low: f64, high: f64, below, above| {
        vec![
            at(json!(true), "Input should be a valid number", "float_type"),
            at(
                json!("many"),
                "Input should be a valid number",
                "float_type",
            ),
            at(json!(low), below, "greater_than_equal"),
            at(json!(high), above, "less_than_equal"),
        ]
    };
    let pictures = |most: usize, too_many| {
        let mut rows = list();
        rows.push(at(
            json!([]),
            "List should have at least 1 items after validation",
            "too_short",
        ));
        rows.push(at(json!(vec!["x"; most + 1]), too_many, "too_long"));
        rows
    };
    const ONE: &str = "String should have at least 1 characters";
    match (path, field) {
        ("verify", "images") => {
            pictures(100, "List should have at most 100 items after validation")
        }
        (_, "images" | "new_images" | "gallery") | ("compare", "probe") => {
            pictures(3, "List should have at most 3 items after validation")
        }
        (_, "image" | "probe") => vec![
            text(),
            at(
                json!([face(1, 1)]),
                "Input should be a valid string",
                "string_type",
            ),
        ],
        ("collection", "id") | (_, "collection_id") => vec![
            text(),
            at(
                json!("x"),
                "String should have at least 36 characters",
                "string_too_short",
            ),
            long(37, "String should have at most 36 characters"),
        ],
        (_, "id" | "person_id") => vec![
            text(),
            short(ONE),
            long(101, "String should have at most 100 characters"),
        ],
        ("collection", "name") => vec![
            text(),
            short(ONE),
            long(51, "String should have at most 50 characters"),
            long(300, "String should have at most 50 characters"),
        ],
        (_, "name") => vec![
            text(),
            short(ONE),
            long(101, "String should have at most 100 characters"),
            long(300, "String should have at most 100 characters"),
        ],
        (_, "description" | "nationality") => vec![
            text(),
            long(101, "String should have at most 100 characters"),
        ],
        (_, "notes") => vec![
            text(),
            long(501, "String should have at most 500 characters"),
        ],
        (_, "gender") => one_of("Input should be 'M' or 'F'"),
        (_, "os") => one_of("Input should be 'DESKTOP', 'ANDROID' or 'IOS'"),
        (_, "search_mode" | "verification_mode") => one_of("Input should be 'FAST' or 'ACCURATE'"),
        (_, "action") => one_of("Input should be 'DELETE'"),
        (_, "date_of_birth") => vec![
            text(),
            at(
                json!("1990-02-30"),
                "Input should be a valid date in the format YYYY-MM-DD",
                "date_from_datetime_parsing",
            ),
            at(
                json!("01/02/1990"),
                "Input should be a valid date in the format YYYY-MM-DD",
                "date_from_datetime_parsing",
            ),
        ],
        (_, "collections") => {
            let mut rows = list();
            rows.push(inside(
                json!(["x"]),
                "String should have at least 36 characters",
                "string_too_short",
            ));
            rows
        }
        (_, "new_person_ids" | "removed_person_ids") => list(),
        (_, "person_ids" | "removed_thumbnail_ids") => {
            let mut rows = list();
            rows.push(at(
                json!([]),
                "List should have at least 1 items after validation",
                "too_short",
            ));
            rows.push(at(
                json!(vec!["x"; 1001]),
                "List should have at most 1000 items after validation",
                "too_long",
            ));
            rows
        }
        (_, "is_bulk_insert") => vec![at(
            json!("true"),
            "Input should be a valid boolean",
            "bool_type",
        )],
        (_, "search") => vec![
            at(json!([]), "Input should be a valid dictionary", "dict_type"),
            (
                json!({ "min_score": 2 }),
                json!(["body", "search", "min_score"]),
                "Input should be less than or equal to 1",
                "less_than_equal",
            ),
            (
                json!({ "max_results": 101 }),
                json!(["body", "search", "max_results"]),
                "Input should be less than or equal to 100",
                "less_than_equal",
            ),
            (
                json!({ "collection_id": "x" }),
                json!(["body", "search", "collection_id"]),
                "String should have at least 36 characters",
                "string_too_short",
            ),
            (
                json!({ "search_mode": "SLOW" }),
                json!(["body", "search", "search_mode"]),
                "Input should be 'FAST' or 'ACCURATE'",
                "enum",
            ),
        ],
        ("search-live-face", "min_score") => number(
            0.8,
            1.1,
            "Input should be greater than or equal to 0.81",
            "Input should be less than or equal to 1",
        ),
        (_, "min_score" | "liveness_min_score") => number(
            -0.1,
            1.1,
            "Input should be greater than or equal to 0",
            "Input should be less than or equal to 1",
        ),
        ("search-live-face", "max_results") => whole(
            at,
            0.0,
            101.0,
            "Input should be greater than or equal to 1",
            "Input should be less than or equal to 100",
        ),
        (_, "max_results") => whole(
            at,
            0.0,
            501.0,
            "Input should be greater than or equal to 1",
            "Input should be less than or equal to 500",
        ),
        (_, "confidence") => whole(
            at,
            0.0,
            100.0,
            "Input should be greater than or equal to 1",
            "Input should be less than or equal to 99",
        ),
        _ => panic!("{path} {field} has no rule"),
    }
}

fn whole<R>(
    at: impl Fn(Value, &'static str, &'static str) -> R,
    low: f64,
    high: f64,
    below: &'static str,
    above: &'static str,
) -> Vec<R> {
    vec![
        at(json!("10"), "Input should be a valid integer", "int_type"),
        at(json!(1.5), "Input should be a valid integer", "int_type"),
        at(json!(low), below, "greater_than_equal"),
        at(json!(high), above, "less_than_equal"),
    ]
}

/// The fields that each route knows beside those that it requires.
fn optional(path: &str, method: &Method) -> &'static [&'static str] {
    match (path, method.as_str()) {
        ("liveness", _) => &["os"],
        ("compare", _) => &["search_mode"],
        ("compare-live-face", _) => &["os", "search_mode", "liveness_min_score"],
        ("collection", "POST") => &["description"],
        ("collection", _) => &["name", "description"],
        ("collection/persons", _) => &["new_person_ids", "removed_person_ids"],
        ("person" | "person/crops", "POST") => &[
            "id",
            "is_bulk_insert",
            "name",
            "gender",
            "date_of_birth",
            "nationality",
            "collections",
            "notes",
        ],
        ("person", _) => &[
            "images",
            "name",
            "gender",
            "date_of_birth",
            "nationality",
            "collections",
            "notes",
        ],
        ("person/images", "PATCH") => &[
            "new_images",
            "removed_thumbnail_ids",
            "name",
            "gender",
            "date_of_birth",
            "nationality",
            "collections",
            "notes",
        ],
        ("search" | "search/crops", _) => {
            &["collection_id", "max_results", "min_score", "search_mode"]
        }
        ("search-live-face", _) => &[
            "os",
            "collection_id",
            "max_results",
            "min_score",
            "search_mode",
        ],
        ("detect", _) => &["search"],
        ("verify", _) => &["min_score", "verification_mode"],
        ("head-count", _) => &["confidence"],
        _ => &[],
    }
}

async fn every_field_has_its_rule(account: &Account<'_>) {
    for (method, path, honest, required) in routes() {
        for field in required.iter().chain(optional(path, &method)) {
            for (value, loc, msg, kind) in rules(path, field) {
                let mut body = honest.clone();
                body[*field] = value.clone();
                let answer = account.ask(method.clone(), path, Some(&body)).await;
                assert_eq!(
                    answer,
                    broken(loc, msg, kind),
                    "{method} {path} {field} {value}"
                );
            }
        }
    }
}

async fn all_that_is_wrong_is_told(account: &Account<'_>) {
    let body =
        json!({ "images": [face(1, 1), 5], "gender": "X", "collections": "all", "notes": 7 });
    let (status, answer) = account.post("person", &body).await;
    assert_eq!(status, 422);
    let kinds: Vec<_> = answer["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["loc"].clone(), one["type"].clone()))
        .collect();
    assert_eq!(
        kinds,
        [
            (json!(["body", "images", 1]), json!("string_type")),
            (json!(["body", "gender"]), json!("enum")),
            (json!(["body", "collections"]), json!("list_type")),
            (json!(["body", "notes"]), json!("string_type")),
        ]
    );
}

async fn bodies_that_are_no_object(account: &Account<'_>) {
    for (method, path, _, _) in routes() {
        let send = async |text: &'static str| {
            answer(account.request(method.clone(), path).body(text)).await
        };
        let list = send("[1]").await;
        assert_eq!(
            list,
            broken(
                json!(["body"]),
                "Input should be a valid dictionary",
                "dict_type"
            ),
            "{path}"
        );
        let (status, body) = send("{\"name\": ").await;
        assert_eq!(
            (status, &body["detail"][0]["type"]),
            (422, &json!("json_invalid")),
            "{path}"
        );
        let (status, body) = send("").await;
        assert_eq!(
            (status, &body["detail"][0]["type"]),
            (422, &json!("missing")),
            "{path}"
        );
    }
}

async fn texts_that_cannot_be_stored(account: &Account<'_>) {
    let fault = json!({ "loc": ["body"], "msg": "a text contains an invalid value", "type": "value_error" });
    let wanted = json!({ "detail": [fault] });
    let request = account
        .request(Method::POST, "collection")
        .json(&json!({ "name": "a\0b" }));
    let (status, body) = answer(request).await;
    // One of the databases takes it.
    assert!(
        (status, &body) == (422, &wanted) || status == 201,
        "{status} {body}"
    );
}
