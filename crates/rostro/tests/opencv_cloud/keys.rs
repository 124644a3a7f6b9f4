//! Who may ask: before anything else is looked at.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    account::{Account, not_found, told},
    common::{TestServer, answer, keyed},
    document::Document,
    harness::{on_both, with_own_server},
};

on_both! { every_operation_wants_a_key, a_revoked_key_is_shut_out_at_once }

const MISSING: &str = "The API key is missing from the request.";
const WRONG: &str = "The API key is not valid.";

async fn every_operation_wants_a_key(account: &Account<'_>) {
    let document = Document::load(account.server).await;
    let operations = document.operations();
    assert_eq!(operations.len(), 30);
    for operation in operations {
        let (method, path) = operation.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let url = account.server.url(&path.replace(['{', '}'], ""));
        // The body is not even JSON: nobody has looked at it.
        let request = || account.server.http.request(method.clone(), &url).body("{");
        let route = path.trim_start_matches("/opencv-fr/");
        let rows = [
            (request(), told(401, "ERR_INVALID_API_KEY", MISSING)),
            (
                request().header("x-api-key", ""),
                told(401, "ERR_INVALID_API_KEY", MISSING),
            ),
            (
                request().header("x-api-key", "rk_wrong"),
                told(403, "ERR_INVALID_API_KEY", WRONG),
            ),
            (
                request().bearer_auth(&account.owner.key),
                told(401, "ERR_INVALID_API_KEY", MISSING),
            ),
        ];
        for (request, wanted) in rows {
            let (status, body) = answer(request).await;
            document.check(method.as_str(), route, status, &body);
            assert_eq!((status, body), wanted, "{operation}");
        }
    }
}

async fn a_revoked_key_is_shut_out_at_once(account: &Account<'_>) {
    let (client, store) = (&account.owner.client, &account.server.app().store);
    let (key, id) = keyed::key(account.server, client).await;
    let url = account.server.url("/opencv-fr/persons");
    let ask = async || answer(account.server.http.get(&url).header("X-API-Key", &key)).await;
    assert_eq!(ask().await.0, 200);
    assert!(store.revoke_api_key(client.id, id).await.unwrap());
    assert_eq!(ask().await, told(403, "ERR_INVALID_API_KEY", WRONG));
    assert_eq!(account.get("persons").await.0, 200, "the other key is good");
}

#[test]
fn what_is_no_operation() {
    with_own_server(
        |_| (),
        async |account| {
            assert_eq!(account.get("nothing").await, not_found());
            let wanted = told(
                405,
                "ERR_METHOD_NOT_ALLOWED",
                "The method is not allowed for this path.",
            );
            assert_eq!(account.delete("search").await, wanted);
        },
    );
}

#[test]
fn a_body_over_the_limit() {
    with_own_server(
        |config| config.server.max_body = "100kB".parse().unwrap(),
        async |account| {
            let body = json!({ "image": "x".repeat(200_000) });
            let answer = account.post("liveness", &body).await;
            let message =
                "The request sent is too big. Please try reducing the size of image(s)/data.";
            assert_eq!(answer, told(413, "ERR_PAYLOAD_IS_TOO_LARGE", message));
        },
    );
}

#[tokio::test]
async fn the_dialect_can_be_switched_off() {
    let off = TestServer::start_with(|config| config.opencv_cloud.enabled = false);
    let Some(server) = off.await else { return };
    let request = server.http.get(server.url("/opencv-fr/persons"));
    assert_eq!(answer(request).await, not_found());
    let document = server
        .http
        .get(server.url("/openapi/opencv-cloud.json"))
        .send();
    assert_eq!(document.await.unwrap().status(), StatusCode::NOT_FOUND);
    server.stop().await;
}
