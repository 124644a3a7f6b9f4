//! A new signing secret: what earlier ones vouched for stays good until they are taken away.

use std::time::Duration;

use service::{
    Config,
    auth::{ApiKeyText, KeyHasher, Secrets},
    config::Secret,
    seal_keys,
};

use rostro::server::Server;
use serde_json::json;
use store::{NewApiKey, NewClient, check_audit};

use crate::{LIVENESS, common};

const FACE: &[u8] = include_bytes!("../data/composite01_1.jpg");

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "another secret of 32 bytes or so";

fn secrets(config: &Config) -> Secrets {
    Secrets::load(&config.auth, &config.server.data).unwrap()
}

/// A server that signs with `secret` and still takes what `previous` signed.
async fn start(config: &Config, secret: &str, previous: &[&str]) -> (Server, Config) {
    let mut config = config.clone();
    config.auth.secret = Secret::new(secret);
    config.auth.previous_secrets = previous.iter().map(|text| Secret::new(*text)).collect();
    let server = Server::start(config.clone()).await.unwrap();
    server
        .app()
        .gallery
        .reached(store::Revision::ZERO)
        .await
        .unwrap();
    (server, config)
}

/// Statuses of a call with the token and of one with the key.
async fn statuses(server: &Server, token: &str, key: &str) -> (u16, u16) {
    let http = reqwest::Client::new();
    let post = |path: &str| {
        http.post(format!("{}{path}", server.base_url()))
            .json(&json!({}))
    };
    let token = post(LIVENESS).bearer_auth(token).send().await.unwrap();
    let key = post("/compare")
        .header("x-api-key", key)
        .send()
        .await
        .unwrap();
    (token.status().as_u16(), key.status().as_u16())
}

/// Both are let in, and their empty bodies refused.
const IN: (u16, u16) = (409, 422);

#[tokio::test]
async fn tokens_keys_and_seals_outlive_a_rotation_and_not_their_secret() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let (server, before) = start(&config, OLD, &[]).await;
    let app = server.app();
    let new = NewClient {
        name: "a".to_owned(),
        ..NewClient::default()
    };
    let client = app.store.create_client(new).await.unwrap();
    let token = app.tokens.issue(&client, Duration::from_secs(600)).unwrap();
    let text = ApiKeyText::random().unwrap();
    let key = text.expose();
    let new = NewApiKey {
        hash: KeyHasher::new(secrets(&before).current()).hash(key),
        label: "l".to_owned(),
        prefix: text.prefix(),
    };
    app.store.create_api_key(client.id, new).await.unwrap();
    assert_eq!(statuses(&server, &token, key).await, IN);
    // An answer leaves a record, sealed with the old secret.
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let body = json!({"os": "DESKTOP", "image": STANDARD.encode(FACE)});
    let asked = reqwest::Client::new().post(format!("{}{LIVENESS}", server.base_url()));
    asked.bearer_auth(&token).json(&body).send().await.unwrap();
    server.stop().await;

    let (server, both) = start(&config, NEW, &[OLD]).await;
    let app = server.app();
    assert_eq!(statuses(&server, &token, key).await, IN);
    let fresh = app.tokens.issue(&client, Duration::from_secs(600)).unwrap();
    let seals = async |config: &Config| {
        let check = check_audit(&*app.store, &seal_keys(&secrets(config)))
            .await
            .unwrap();
        assert_eq!((check.records > 0, check.fault), (true, None));
        check.other_keys
    };
    assert_eq!(seals(&both).await, 0);
    // The key, in use, is kept under the new secret now.
    let hash = KeyHasher::new(secrets(&both).current()).hash(key);
    while app.store.client_of_api_key(hash).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(statuses(&server, &fresh, key).await, IN);
    server.stop().await;

    let (server, after) = start(&config, NEW, &[]).await;
    let app = server.app();
    assert_eq!(statuses(&server, &token, key).await, (401, IN.1));
    assert_eq!(statuses(&server, &fresh, key).await, IN);
    let check = check_audit(&*app.store, &seal_keys(&secrets(&after)))
        .await
        .unwrap();
    assert!(check.fault.is_none() && check.other_keys > 0);
    server.stop().await;
}
