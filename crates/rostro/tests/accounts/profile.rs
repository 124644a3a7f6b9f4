//! The account's data.

use serde_json::{Value, json};
use store::NewClient;

use crate::{
    common::{TestServer, answer, database::Kind},
    on, on_both,
};

on_both! { the_account_is_shown_and_changed }

async fn put(server: &TestServer, path: &str, body: &Value) -> (u16, Value) {
    let request = server.http.put(server.url(path)).bearer_auth(&server.token);
    answer(request.json(body)).await
}

async fn the_account_is_shown_and_changed(kind: Kind) {
    on(kind, |_| (), async |server: TestServer| {
        let other = NewClient { name: "other".to_owned(), email: Some("taken@example.com".to_owned()), phone: None };
        let other = server.app().store.create_client(other).await.unwrap();
        let get = async || answer(server.http.get(server.url("/v2/clients/me")).bearer_auth(&server.token)).await;
        let (status, body) = get().await;
        assert_eq!(status, 200);
        assert_eq!((&body["data"]["name"], &body["name"]), (&json!("tester"), &json!("tester")));
        assert_eq!(body["data"]["_id"], server.account.id.to_string());
        assert!(!body.to_string().contains(&server.account.token_phrase));

        let change = json!({
            "name": "Ana", "company": "ACME", "address": "Calle 1", "email": "Ana@Example.com", "phone": "300 123 4567",
            "countryCode": "57", "avatar": "https://example.com/a.png", "token_phrase": "x", "staff": true, "credits": 7,
        });
        let (status, body) = put(&server, "/v2/clients/me", &change).await;
        assert_eq!(status, 200, "{body}");
        insta::with_settings!({snapshot_suffix => ""}, {
            insta::assert_json_snapshot!("account", body, {
                ".id" => "[id]", "._id" => "[id]", ".data._id" => "[id]", ".**.dateTime" => "[date]", ".createdAt" => "[date]",
                ".updatedAt" => "[date]", ".data.createdAt" => "[date]", ".data.updatedAt" => "[date]",
            });
        });
        let kept = server.app().store.client(server.account.id).await.unwrap().unwrap();
        assert_eq!((kept.name.as_str(), kept.token_phrase), ("tester", server.account.token_phrase.clone()), "the operator's name for it stays");

        // By its own id; only what is given changes, empty texts empty.
        let own = format!("/v2/clients/{}", server.account.id);
        let (status, body) = put(&server, &own, &json!({"company": "", "phone": "", "avatar": null})).await;
        assert_eq!((status, &body["company"], &body["phone"]), (200, &Value::Null, &Value::Null), "{body}");
        assert_eq!((&body["email"], &body["address"], &body["avatar"]), (&json!("ana@example.com"), &json!("Calle 1"), &json!("https://example.com/a.png")));
        assert_eq!(get().await.1["data"], body["data"]);

        // Another account's id, an unknown one and no id at all are one case.
        let answers: Vec<_> = [other.id.to_string(), "676194953a7502baafacc887".to_owned(), "x".to_owned()].into_iter().map(|id| format!("/v2/clients/{id}")).collect();
        for path in &answers {
            let (status, body) = put(&server, path, &json!({"company": "EVIL"})).await;
            assert_eq!((status, body), (403, json!({"code": "Forbidden", "error": "Forbidden", "message": "Access forbidden"})));
        }
        assert!(server.app().store.client(other.id).await.unwrap().unwrap().settings.get("company").is_none());

        for (change, message) in [
            (json!({"email": "TAKEN@example.com"}), "email_not_available"),
            (json!({"email": "ana"}), "invalid_email"),
            (json!({"phone": "12"}), "invalid_phone"),
            (json!({"company": 7}), "\"company\" must be a string"),
            (json!({"company": "x".repeat(257)}), "\"company\" length must be less than or equal to 256 characters long"),
        ] {
            let (status, body) = put(&server, "/v2/clients/me", &change).await;
            assert_eq!((status, &body["message"]), (409, &json!(message)));
        }
        assert_eq!(get().await.1["data"]["email"], "ana@example.com");
        server
    })
    .await;
}
