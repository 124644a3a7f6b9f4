//! How much one address and one account may ask for.

use axum::http::StatusCode;
use reqwest::{RequestBuilder, Response, header};
use serde_json::{Value, json};
use store::{NewApiKey, NewClient};

use service::auth::{ApiKeyText, KeyHasher, SigningSecret};

use crate::{LIVENESS, common::TestServer};

/// Status, seconds of `Retry-After`, code and message.
async fn told(request: RequestBuilder) -> (u16, Option<u64>, String, String) {
    let response: Response = request.send().await.unwrap();
    let status = response.status();
    let retry = response.headers().get(header::RETRY_AFTER);
    let retry = retry.map(|value| value.to_str().unwrap().parse().unwrap());
    let body: Value = response.json().await.unwrap();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR);
    (status.as_u16(), retry, text("code"), text("message"))
}

/// A key of a new account.
pub(crate) async fn key(server: &TestServer) -> String {
    let app = server.app();
    let new = NewClient {
        name: "keyed".into(),
        ..NewClient::default()
    };
    let client = app.store.create_client(new).await.unwrap();
    let secret = SigningSecret::load(&app.config.auth.secret, &app.config.server.data).unwrap();
    let key = ApiKeyText::random().unwrap();
    let new = NewApiKey {
        hash: KeyHasher::new(&secret).hash(key.expose()),
        label: "test".into(),
        prefix: key.prefix(),
    };
    app.store.create_api_key(client.id, new).await.unwrap();
    key.expose().to_owned()
}

#[tokio::test]
async fn an_address_that_guesses_is_shut_out_in_each_dialect_but_good_callers_go_on() {
    let Some(server) =
        TestServer::start_with(|config| config.limits.failed_auth_per_minute = 3).await
    else {
        return;
    };
    let ask = |path: &str| server.http.post(server.url(path)).json(&json!({}));
    let verifik = |token: &str| ask(LIVENESS).bearer_auth(token);
    let onpremise = |key: &str| ask("/compare").header("x-api-key", key);
    let cloud = |key: &str| ask("/opencv-fr/compare").header("x-api-key", key);
    let (good_key, unseen_key) = (key(&server).await, "rk_unseen");
    // Both were good before, so they stay so.
    assert_eq!(told(verifik(&server.token)).await.0, 409);
    assert_eq!(told(onpremise(&good_key)).await.0, 422);

    assert_eq!(told(verifik("no.to.ken")).await.0, 401);
    assert_eq!(told(onpremise("rk_guess")).await.0, 403);
    // No credential at all is no guess.
    for _ in 0..5 {
        assert_eq!(told(ask(LIVENESS)).await.0, 401);
    }
    assert_eq!(told(cloud("rk_guess")).await.0, 403);

    let (status, retry, code, message) = told(verifik("no.to.ken")).await;
    assert_eq!(
        (status, &*code, &*message),
        (429, "TooManyRequests", "too_many_requests")
    );
    assert!((1..=60).contains(&retry.unwrap()), "{retry:?}");
    for request in [onpremise(unseen_key), cloud(unseen_key)] {
        let (status, retry, code, _) = told(request).await;
        assert_eq!((status, &*code), (429, "ERR_TOO_MANY_REQUESTS"));
        assert!(retry.is_some());
    }
    assert_eq!(told(verifik(&server.token)).await.0, 409);
    assert_eq!(told(onpremise(&good_key)).await.0, 422);
    assert_eq!(told(cloud(&good_key)).await.0, 422);
    assert_eq!(told(ask(LIVENESS)).await.0, 401);
}

#[tokio::test]
async fn behind_a_proxy_only_the_guesser_is_shut_out() {
    let Some(server) = TestServer::start_with(|config| {
        config.limits.failed_auth_per_minute = 1;
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
    else {
        return;
    };
    let from = |address: &str| {
        let request = server.http.post(server.url(LIVENESS)).json(&json!({}));
        request
            .bearer_auth("no.to.ken")
            .header("x-forwarded-for", address)
    };
    assert_eq!(told(from("192.0.2.1")).await.0, 401);
    assert_eq!(told(from("192.0.2.1")).await.0, 429);
    // What the guesser claims to forward for changes nothing.
    assert_eq!(told(from("198.51.100.1, 192.0.2.1")).await.0, 429);
    assert_eq!(told(from("192.0.2.2")).await.0, 401);
}

#[tokio::test]
async fn an_account_has_its_rate() {
    let Some(server) = TestServer::start_with(|config| {
        config.limits.account_rate = 0.02;
        config.limits.account_burst = 2;
    })
    .await
    else {
        return;
    };
    let ask = || server.post(LIVENESS, &json!({}));
    for _ in 0..2 {
        assert_eq!(told(ask()).await.0, 409);
    }
    let (status, retry, code, message) = told(ask()).await;
    assert_eq!(
        (status, &*code, &*message),
        (429, "TooManyRequests", "too_many_requests")
    );
    assert!((1..=50).contains(&retry.unwrap()), "{retry:?}");
    // The session routes have bodies of their own, and the same limit.
    let session = server.http.get(server.url("/v2/auth/session"));
    assert_eq!(told(session.bearer_auth(&server.token)).await.0, 429);
    // Another account has its own.
    let other = key(&server).await;
    let compare = server.http.post(server.url("/compare")).json(&json!({}));
    assert_eq!(told(compare.header("x-api-key", &other)).await.0, 422);
}

#[tokio::test]
async fn one_account_leaves_room_for_another() {
    let Some(server) = TestServer::start_with(|config| {
        config.server.max_in_flight = 4;
        config.limits.account_share = 0.5;
    })
    .await
    else {
        return;
    };
    let held: Vec<_> = (0..2)
        .map(|_| {
            let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
            let request = server
                .http
                .post(server.url(LIVENESS))
                .bearer_auth(&server.token)
                .body(reqwest::Body::wrap_stream(never));
            tokio::spawn(request.send())
        })
        .collect();
    let (status, retry) = loop {
        let (status, retry, ..) = told(server.post(LIVENESS, &json!({}))).await;
        if status != 409 {
            break (status, retry);
        }
    };
    assert_eq!((status, retry), (429, Some(1)));
    let other = key(&server).await;
    let compare = || {
        let request = server.http.post(server.url("/compare")).json(&json!({}));
        request.header("x-api-key", &other)
    };
    assert_eq!(told(compare()).await.0, 422);
    // Callers who go away give their places back.
    for request in held {
        request.abort();
    }
    while told(server.post(LIVENESS, &json!({}))).await.0 == 429 {
        tokio::task::yield_now().await;
    }
}
