//! The door.

use serde_json::{Value, json};

use crate::{
    common::{
        answer,
        keyed::{Account, key, with_own_server},
        shared::on_both,
    },
    pictures::face,
};

on_both! { Account<'_>, the_door, accounts_do_not_meet }

const ROUTES: [(&str, &str); 7] = [
    ("POST", "/collection"),
    ("DELETE", "/collection"),
    ("PUT", "/person"),
    ("PUT", "/persons"),
    ("POST", "/face-search"),
    ("POST", "/multi-face-search"),
    ("POST", "/compare"),
];

fn missing() -> Value {
    json!({ "code": "ERR_API_KEY_NOT_PRESENT", "message": "The API key is missing from the request." })
}

fn not_valid() -> Value {
    json!({ "code": "ERR_API_KEY_NOT_VALID", "message": "The API key is not valid." })
}

async fn the_door(account: &Account<'_>) {
    let server = account.server;
    let store = &server.app().store;
    let ask = async |method: &str, path: &str, keys: &[&str]| {
        let method = method.parse().unwrap();
        let mut request = server
            .http
            .request(method, server.url(path))
            .json(&json!({}));
        for key in keys {
            request = request.header("X-API-Key", *key);
        }
        answer(request).await
    };
    let (second, id) = key(server, &account.client).await;
    for (method, path) in ROUTES {
        assert_eq!(ask(method, path, &[]).await, (401, missing()), "{path}");
        assert_eq!(ask(method, path, &[""]).await, (401, missing()), "{path}");
        for wrong in ["rk_wrong", server.token.as_str()] {
            assert_eq!(
                ask(method, path, &[wrong]).await,
                (403, not_valid()),
                "{path}"
            );
        }
        let twice = ask(method, path, &[&second, &second]).await;
        assert_eq!(twice, (403, not_valid()), "{path}");
        let (status, body) = ask(method, path, &[&second]).await;
        let wanted = (422, &json!("ERR_UNPROCESSABLE_CONTENT"));
        assert_eq!((status, &body["code"]), wanted, "{path}");
    }
    // Nothing is read from strangers: what they send is not looked at.
    let nonsense = server.http.put(server.url("/persons")).body("{");
    assert_eq!(answer(nonsense).await, (401, missing()));
    // The last use is written down.
    let uses = async || {
        let keys = store.api_keys(account.client.id).await.unwrap();
        keys.iter().find(|key| key.id == id).unwrap().last_used_at
    };
    for _ in 0..100 {
        if uses().await.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(uses().await.is_some());
    // Revoked, disabled: at once.
    store.revoke_api_key(account.client.id, id).await.unwrap();
    let search = async |key: &str| ask("POST", "/face-search", &[key]).await;
    assert_eq!(search(&second).await, (403, not_valid()));
    assert_eq!(search(&account.key).await.0, 422);
    store
        .set_client_disabled(account.client.id, true)
        .await
        .unwrap();
    assert_eq!(search(&account.key).await, (403, not_valid()));
}

async fn accounts_do_not_meet(account: &Account<'_>) {
    let other = Account::new(account.server).await;
    account
        .ask("POST", "/collection", &json!({ "name": "Mine" }))
        .await;
    let enrol = json!({ "collection_name": "Mine", "person_id": "1", "person_name": "One", "face_base_64": face(1, 1),
                        "face_storage_type": "NoStorage" });
    account.ask("PUT", "/person", &enrol).await;
    let search = json!({ "collection_name": "Mine", "face_base_64": face(1, 2) });
    for (method, path, body) in [
        ("PUT", "/person", &enrol),
        ("POST", "/face-search", &search),
        ("DELETE", "/collection", &json!({ "name": "Mine" })),
    ] {
        let (status, body) = other.call(method, path, body).await;
        assert_eq!((status, &body["code"]), (404, &json!("ERR_NOT_FOUND")));
    }
    // The same names are free there, and stay apart.
    other
        .ask("POST", "/collection", &json!({ "name": "Mine" }))
        .await;
    assert_eq!(other.ask("POST", "/face-search", &search).await, json!([]));
    other.ask("PUT", "/person", &enrol).await;
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found[0]["person_id"], "1");
}

#[test]
fn the_dialect_can_be_switched_off() {
    with_own_server(
        |config| config.opencv_onpremise.enabled = false,
        async |account| {
            let (status, body) = account.call("POST", "/compare", &json!({})).await;
            assert_eq!((status, &body["code"]), (404, &json!("ERR_NOT_FOUND")));
            let document = account.get("/openapi.json").await;
            assert!(document["paths"].get("/compare").is_none());
            let request = account.bare("GET", "/openapi/opencv-onpremise.json");
            assert_eq!(answer(request).await.0, 404);
        },
    );
}

#[test]
fn a_body_over_the_limit_is_413_in_this_dialects_words() {
    with_own_server(
        |config| config.server.max_body = "64 KiB".parse().unwrap(),
        async |account| {
            let body = json!({ "face_base_64": "A".repeat(70_000), "ref_face_base_64": "A" });
            let (status, body) = account.call("POST", "/compare", &body).await;
            let wanted = json!({ "code": "ERR_PAYLOAD_IS_TOO_LARGE",
                "message": "The request sent is too big. Please try reducing the size of image(s)/data." });
            assert_eq!((status, body), (413, wanted));
            let (status, body) = account.call("PATCH", "/compare", &json!({})).await;
            assert_eq!(
                (status, &body["code"]),
                (405, &json!("ERR_METHOD_NOT_ALLOWED"))
            );
        },
    );
}
