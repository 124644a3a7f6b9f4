//! Who asked, in the audit.

use serde_json::json;
use store::{Verification, check_audit};

use service::{auth::SigningSecret, seal_key};

use crate::{
    LIVENESS,
    callers::key,
    common::{TestServer, answer},
};

/// A face that belongs to nobody.
const FACE: &[u8] = include_bytes!("../data/composite01_1.jpg");

/// What the audit holds, whole.
async fn records(server: &TestServer) -> Vec<Verification> {
    let app = server.app();
    app.audit.finish().await;
    let secret = SigningSecret::load(&app.config.auth.secret, &app.config.server.data).unwrap();
    let check = check_audit(&*app.store, &[seal_key(&secret)])
        .await
        .unwrap();
    assert_eq!((check.fault, check.other_keys), (None, 0));
    let rows = app.store.audit_after(0, 1000).await.unwrap();
    assert_eq!(rows.len() as u64, check.records);
    rows.into_iter().map(|row| row.record).collect()
}

#[tokio::test]
async fn each_credential_and_address_is_told() {
    let trusted = "127.0.0.0/8".parse().unwrap();
    let Some(server) =
        TestServer::start_with(|config| config.server.trusted_proxies = vec![trusted]).await
    else {
        return;
    };
    let picture = base64_simd::STANDARD.encode_to_string(FACE);
    let body = json!({ "os": "DESKTOP", "image": picture });
    let by_token = server.post(LIVENESS, &body);
    let told = answer(by_token.header("x-request-id", "by-token-1")).await;
    assert_eq!(told.0, 200, "{}", told.1);
    let key = key(&server).await;
    let url = server.url("/opencv-fr/liveness");
    let by_key = server.http.post(url).header("x-api-key", &key);
    let by_key = by_key.header("x-forwarded-for", "2001:db8::7");
    let (status, told) = answer(by_key.json(&json!({ "os": "DESKTOP", "image": picture }))).await;
    assert_eq!(status, 200, "{told}");
    // What is refused is nobody's face.
    assert_eq!(answer(server.post(LIVENESS, &json!({}))).await.0, 409);

    let records = records(&server).await;
    let told: Vec<_> = records
        .iter()
        .map(|one| (&*one.kind, &*one.credential, one.address.as_deref()))
        .collect();
    let keys = server
        .app()
        .store
        .api_keys(records[1].client)
        .await
        .unwrap();
    let by_key = format!("key:{}", keys[0].id);
    assert_eq!(
        told,
        [
            ("liveness", "token", Some("127.0.0.1")),
            ("liveness", &*by_key, Some("2001:db8::7"))
        ]
    );
    assert_eq!(records[0].request_id, "by-token-1");
    assert_eq!(records[0].client, server.account.id);
    let model = &server.app().engine.info().embedder;
    assert_eq!(records[0].model.as_ref(), Some(model));
    assert!(records[0].details["score"].is_number());
}
