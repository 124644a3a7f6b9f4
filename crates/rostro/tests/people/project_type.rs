//! The `project-type` routes.

use serde_json::json;

use crate::{
    account::{Account, COLLECTIONS, PERSONS, broken, text},
    common::shared::on_both,
    pictures::{encode, face, nobody},
};

on_both! {
    Account<'_>,
    without_a_picture_all_are_listed,
    with_a_picture_those_who_have_the_face_are_found,
}

async fn without_a_picture_all_are_listed(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let ana = account.person("Ana", 1, &[&one]).await;
    account.person("Ben", 2, &[]).await;
    let list = account
        .data(&format!("{COLLECTIONS}/project-type/login"))
        .await;
    assert_eq!(list[0]["_id"], one["_id"]);
    assert_eq!(list[0]["people"], json!([ana]));
    assert_eq!(
        (&list[1]["_id"], &list[1]["people"]),
        (&two["_id"], &json!([]))
    );
    assert_eq!(
        account
            .names(&format!("{PERSONS}/project-type/login"))
            .await,
        ["Ana", "Ben"]
    );
    let confined = format!(
        "{PERSONS}/project-type/login?in_collections={}",
        text(&one["code"])
    );
    assert_eq!(account.names(&confined).await, ["Ana"]);
}

async fn with_a_picture_those_who_have_the_face_are_found(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let ana = account.person("Ana", 1, &[&one, &two]).await;
    let ben = account.person("Ben", 2, &[&one]).await;
    let (collections, persons) = (
        format!("{COLLECTIONS}/project-type/x"),
        format!("{PERSONS}/project-type/x"),
    );
    for mode in ["fast", "accurate", "ACCURATE"] {
        let request = json!({ "image": face(2, 2), "searchMode": mode, "minScore": 0.8 });
        let (status, body) = account.post(&persons, &request).await;
        assert_eq!((status, &body["data"]), (200, &json!([ben])));
        let (status, body) = account.post(&collections, &request).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&body["data"][0]["_id"], &body["data"][0]["people"]),
            (&one["_id"], &json!([ben]))
        );
    }
    let (_, body) = account
        .post(&collections, &json!({ "image": face(1, 2) }))
        .await;
    let found: Vec<_> = body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| &found["_id"])
        .collect();
    assert_eq!(found, [&one["_id"], &two["_id"]]);
    assert_eq!(body["data"][1]["people"], json!([ana]));
    for path in [&persons, &collections] {
        let (status, body) = account
            .post(path, &json!({ "image": face(4, 1), "minScore": 0.95 }))
            .await;
        assert_eq!((status, &body["data"]), (200, &json!([])));
        let rows = [
            (json!({}), "\"image\" is required"),
            (
                json!({ "image": face(1, 1), "minScore": 2 }),
                "\"minScore\" must be less than or equal to 1",
            ),
            (
                json!({ "image": face(1, 1), "searchMode": "slow" }),
                "\"searchMode\" must be one of [fast, accurate, FAST, ACCURATE]",
            ),
        ];
        for (request, message) in rows {
            assert_eq!(account.post(path, &request).await, (409, broken(message)));
        }
        let (status, body) = account
            .post(path, &json!({ "image": encode(&nobody()) }))
            .await;
        assert_eq!(
            (status, &body["code"]),
            (422, &json!("ERR_NO_FACE_DETECTED"))
        );
    }
}
