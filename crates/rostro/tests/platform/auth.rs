//! Tokens at the door.

use std::time::Duration;

use crate::{
    LIVENESS,
    common::{TestServer, answer},
};
use reqwest::header;
use serde_json::json;
use service::config::ExpiredToken;

#[tokio::test]
async fn each_authorization_spelling_opens() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let token = &server.token;
    for value in [
        format!("Bearer {token}"),
        format!("JWT {token}"),
        format!("jwt {token}"),
        token.clone(),
    ] {
        let request = server
            .http
            .post(server.url(LIVENESS))
            .header(header::AUTHORIZATION, &value)
            .json(&json!({}));
        let (status, body) = answer(request).await;
        assert_eq!(
            (status, &body["message"]),
            (409, &json!("\"os\" is required"))
        );
    }
}

#[tokio::test]
async fn each_auth_error_has_its_body() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let app = server.app();
    let ask = async |authorization: Option<String>| {
        let mut request = server.http.post(server.url(LIVENESS)).json(&json!({}));
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let (status, body) = answer(request).await;
        format!(
            "{status} {} {}",
            body["code"].as_str().unwrap(),
            body["message"].as_str().unwrap()
        )
    };
    let other = app
        .store
        .create_client(store::NewClient {
            name: "other".into(),
            ..Default::default()
        })
        .await
        .unwrap();
    let token = |client: &store::Client, life: u64| {
        app.tokens.issue(client, Duration::from_secs(life)).unwrap()
    };
    let stranger = store::Client {
        id: store::ClientId::random(),
        ..other.clone()
    };
    let mut forged = server.token.clone();
    let replaced = if forged.ends_with("AAAA") {
        "BBBB"
    } else {
        "AAAA"
    };
    forged.replace_range(forged.len() - 8..forged.len() - 4, replaced);
    let mut lines = vec![
        ("missing", ask(None).await),
        ("malformed", ask(Some("Bearer x.y".into())).await),
        ("bad signature", ask(Some(format!("Bearer {forged}"))).await),
        ("expired", ask(Some(token(&other, 0))).await),
        ("unknown", ask(Some(token(&stranger, 60))).await),
    ];
    let old = token(&other, 60);
    let rotated = app.store.rotate_token_phrase(other.id).await.unwrap();
    lines.push(("revoked", ask(Some(old)).await));
    app.store.set_client_disabled(other.id, true).await.unwrap();
    lines.push(("disabled", ask(Some(token(&rotated, 60))).await));
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(name, line)| format!("{name}: {line}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    missing: 401 UNAUTHORIZED Authentication required
    malformed: 401 UNAUTHORIZED invalid_token
    bad signature: 401 UNAUTHORIZED invalid_token
    expired: 403 Forbidden expired_token
    unknown: 401 UNAUTHORIZED invalid_token
    revoked: 401 UNAUTHORIZED invalid_token
    disabled: 403 Forbidden Access forbidden
    ");
}

#[tokio::test]
async fn the_documented_pair_for_expired_tokens_is_a_setting() {
    let Some(server) =
        TestServer::start_with(|config| config.verifik.expired_token = ExpiredToken::Docs).await
    else {
        return;
    };
    let token = server
        .app()
        .tokens
        .issue(&server.account, Duration::ZERO)
        .unwrap();
    let (status, body) = answer(server.http.post(server.url(LIVENESS)).bearer_auth(token)).await;
    assert_eq!(
        (status, &body["code"], &body["message"]),
        (403, &json!("FORBIDDEN"), &json!("token_expired"))
    );
}

#[tokio::test]
async fn a_lost_database_keeps_known_accounts_in() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let app = server.app();
    let other = app
        .store
        .create_client(store::NewClient {
            name: "other".into(),
            ..Default::default()
        })
        .await
        .unwrap();
    let unseen = app.tokens.issue(&other, Duration::from_secs(60)).unwrap();
    assert_eq!(server.call(LIVENESS, &json!({})).await.0, 409);
    app.store.close().await;
    assert_eq!(server.call(LIVENESS, &json!({})).await.0, 409);
    let (status, body) = answer(server.http.post(server.url(LIVENESS)).bearer_auth(unseen)).await;
    assert_eq!(
        (status, &body["message"]),
        (503, &json!("database_unavailable"))
    );
}
