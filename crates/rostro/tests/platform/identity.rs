//! Tokens of a company's own identity provider, which publishes its keys over HTTP.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use reqwest::Method;
use serde_json::{Value, json};
use service::Config;
use store::{Client, NewClient};

use crate::{
    LIVENESS,
    common::{TestServer, answer},
};

/// An RSA key takes a second to make: all tests share one.
static RSA: LazyLock<EncodingKey> = LazyLock::new(|| {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    // PKCS #8 wraps the PKCS #1 key, which is wanted here, in 26 bytes.
    EncodingKey::from_rsa_der(&key.serialize_der()[26..])
});

#[derive(Clone, Default)]
struct Published {
    requests: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

/// A provider that listens.
struct Provider {
    published: Published,
    jwks: String,
}

impl Provider {
    async fn start() -> Self {
        let published = Published::default();
        let routes = Router::new()
            .route("/keys", get(keys))
            .with_state(published.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { published, jwks }
    }

    /// A server that trusts it.
    async fn server(&self, change: impl FnOnce(&mut Config)) -> Option<TestServer> {
        TestServer::start_with(|config| {
            let provider = &mut config.auth.identity_provider;
            provider.issuer = "https://id.example.com".to_owned();
            provider.audience = "rostro".to_owned();
            provider.jwks = self.jwks.clone();
            change(config);
        })
        .await
    }

    fn down(&self, down: bool) {
        self.published.down.store(down, Ordering::SeqCst);
    }

    fn requests(&self) -> usize {
        self.published.requests.load(Ordering::SeqCst)
    }
}

async fn keys(State(published): State<Published>) -> Result<Json<Value>, StatusCode> {
    published.requests.fetch_add(1, Ordering::SeqCst);
    if published.down.load(Ordering::SeqCst) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let mut jwk = Jwk::from_encoding_key(&RSA, Algorithm::RS256).unwrap();
    jwk.common.key_id = Some("one".to_owned());
    Ok(Json(json!({ "keys": [jwk] })))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn named(id: &str, subject: &str) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(id.to_owned());
    let claims = json!({"iss": "https://id.example.com", "aud": "rostro", "sub": subject, "iat": now(), "exp": now() + 300});
    jsonwebtoken::encode(&header, &claims, &RSA).unwrap()
}

fn token(subject: &str) -> String {
    named("one", subject)
}

async fn account(server: &TestServer, name: &str) -> Client {
    let new = NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    };
    server.app().store.create_client(new).await.unwrap()
}

/// Status and message of a request with a token and an empty object.
async fn ask(server: &TestServer, method: Method, path: &str, token: &str) -> (u16, String) {
    let request = server.http.request(method, server.url(path));
    let (status, body) = answer(request.bearer_auth(token).json(&json!({}))).await;
    (
        status,
        body["message"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn liveness(server: &TestServer, token: &str) -> (u16, String) {
    ask(server, Method::POST, LIVENESS, token).await
}

const IN: u16 = 409;

#[tokio::test]
async fn a_token_opens_the_account_that_was_made_for_it_and_no_other() {
    let provider = Provider::start().await;
    let Some(server) = provider.server(|_| ()).await else {
        return;
    };
    let invalid = (401, "invalid_token".to_owned());
    assert_eq!(liveness(&server, &token("alice")).await, invalid);
    let alice = account(&server, "idp:alice").await;
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
    // The account of the tests, whose name has no such prefix.
    assert_eq!(liveness(&server, &token("tester")).await, invalid);
    let request = server.http.get(server.url("/v2/clients/me"));
    let (status, body) = answer(request.bearer_auth(token("alice"))).await;
    assert_eq!(
        (status, body["data"]["_id"].as_str()),
        (200, Some(&*alice.id.to_string()))
    );
    // This server's own tokens work as ever.
    assert_eq!(liveness(&server, &server.token).await.0, IN);
    let app = server.app();
    app.store.set_client_disabled(alice.id, true).await.unwrap();
    assert_eq!(liveness(&server, &token("alice")).await.0, 403);
}

#[tokio::test]
async fn accounts_are_created_on_first_sight_where_the_settings_say_so() {
    let provider = Provider::start().await;
    let create = |config: &mut Config| config.auth.identity_provider.create_accounts = true;
    let Some(server) = provider.server(create).await else {
        return;
    };
    let (one, two) = (token("bob"), token("bob"));
    let both = tokio::join!(liveness(&server, &one), liveness(&server, &two));
    assert_eq!((both.0.0, both.1.0), (IN, IN));
    let made = server.app().store.client_by_name("idp:bob").await.unwrap();
    assert!(made.is_some());
}

#[tokio::test]
async fn revoking_holds_for_what_was_issued_before() {
    let provider = Provider::start().await;
    let exact = |config: &mut Config| config.auth.clock_skew = Duration::ZERO;
    let Some(server) = provider.server(exact).await else {
        return;
    };
    let alice = account(&server, "idp:alice").await;
    let old = token("alice");
    assert_eq!(liveness(&server, &old).await.0, IN);
    let app = server.app();
    let rotated = app.store.rotate_token_phrase(alice.id).await.unwrap();
    assert_eq!(liveness(&server, &old).await.0, 401);
    // A second is the finest that tokens tell.
    let from = u64::try_from(rotated.tokens_from.unwrap().unix_timestamp()).unwrap();
    while now() <= from {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
    assert_eq!(liveness(&server, &old).await.0, 401);
}

#[tokio::test]
async fn what_outlives_a_token_is_for_this_servers_own_tokens() {
    let provider = Provider::start().await;
    for exchange in [false, true] {
        let change = |config: &mut Config| config.auth.identity_provider.exchange = exchange;
        let Some(server) = provider.server(change).await else {
            return;
        };
        account(&server, "idp:alice").await;
        let wanted = if exchange { 200 } else { 403 };
        for (method, path) in [
            (Method::GET, "/v2/auth/session"),
            (Method::POST, "/v2/auth/session"),
            (Method::PUT, "/v2/clients/me"),
            (Method::POST, "/v2/auth/renew-and-revoke"),
        ] {
            let (status, _) = ask(&server, method.clone(), path, &token("alice")).await;
            assert_eq!(status, wanted, "{method} {path}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_provider_that_is_down_stops_neither_the_start_nor_known_keys() {
    let provider = Provider::start().await;
    provider.down(true);
    let Some(server) = provider.server(|_| ()).await else {
        return;
    };
    account(&server, "idp:alice").await;
    let away = (503, "identity_provider_unavailable".to_owned());
    assert_eq!(liveness(&server, &token("alice")).await, away);
    assert_eq!(liveness(&server, &server.token).await.0, IN);
    provider.down(false);
    server.reload().await;
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
    provider.down(true);
    server.reload().await;
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
    // Nor does a database that is away, for accounts that were seen.
    server.app().store.close().await;
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
    assert_eq!(liveness(&server, &token("carol")).await.0, 503);
}

#[tokio::test]
async fn made_up_key_ids_do_not_make_us_ask_again_and_again() {
    let provider = Provider::start().await;
    let Some(server) = provider.server(|_| ()).await else {
        return;
    };
    account(&server, "idp:alice").await;
    let before = provider.requests();
    assert_eq!(before, 1, "the keys are read at the start");
    for number in 0..20 {
        let forged = named(&format!("key {number}"), "alice");
        assert_eq!(liveness(&server, &forged).await.0, 401);
    }
    assert_eq!(provider.requests(), before + 1);
    assert_eq!(liveness(&server, &token("alice")).await.0, IN);
}

#[tokio::test]
async fn the_audit_tells_whose_token_it_was() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let provider = Provider::start().await;
    let Some(server) = provider.server(|_| ()).await else {
        return;
    };
    let alice = account(&server, "idp:alice").await;
    let face = STANDARD.encode(include_bytes!("../data/composite01_1.jpg"));
    let request = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(token("alice"));
    answer(request.json(&json!({"os": "DESKTOP", "image": face}))).await;
    let app = server.app();
    app.audit.finish().await;
    let rows = app.store.audit_after(0, 10).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.record.client, row.record.credential.as_str()))
        .collect();
    assert_eq!(told, [(alice.id, "idp")]);
}
