//! What is true of every route, against a running server.

mod common;

use std::time::Duration;

use common::{TestServer, answer};
use gateway::config::ExpiredToken;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const LIVENESS: &str = "/v2/face-recognition/liveness";

#[tokio::test]
async fn health_and_readiness() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let (status, body) = answer(server.http.get(server.url("/healthz"))).await;
    assert_eq!((status, &body["status"]), (200, &json!("ok")));
    let (status, body) = answer(server.http.get(server.url("/readyz"))).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(body, {".models.queue" => "[n]"}, @r#"
    {
      "database": "ok",
      "database_kind": "sqlite",
      "models": {
        "pack": "standard",
        "queue": "[n]",
        "queued": 0,
        "status": "ok"
      },
      "ready": true,
      "server": "ok"
    }
    "#);
    server.app().store.close().await;
    let (status, body) = answer(server.http.get(server.url("/readyz"))).await;
    assert_eq!(
        (status, &body["ready"], &body["database"], &body["server"]),
        (503, &json!(false), &json!("unreachable"), &json!("ok"))
    );
    assert_eq!(answer(server.http.get(server.url("/healthz"))).await.0, 200);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_json() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    for path in [
        "/",
        "/v2",
        "/v2/face-recognition/nothing",
        "/v3/x?a=b",
        "/docs/nothing.js",
        "/%00",
        "//",
    ] {
        let (status, body) = answer(server.http.get(server.url(path))).await;
        assert_eq!((status, &body["code"]), (404, &json!("NotFound")), "{path}");
        assert!(body["message"].is_string());
    }
    for (method, path) in [
        (Method::GET, LIVENESS),
        (Method::PUT, LIVENESS),
        (Method::POST, "/healthz"),
        (Method::DELETE, "/docs/"),
    ] {
        let response = server
            .http
            .request(method.clone(), server.url(path))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        assert!(
            response.headers().contains_key(header::ALLOW),
            "{method} {path}"
        );
        assert_eq!(
            response.json::<Value>().await.unwrap()["code"],
            "MethodNotAllowed"
        );
    }
}

#[tokio::test]
async fn a_body_of_40_mb_is_413_declared_or_not() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let body = vec![b'a'; 40_000_000];
    let declared = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token)
        .body(body.clone());
    let (status, answered) = answer(declared).await;
    assert_eq!(
        (status, &answered["code"]),
        (413, &json!("PayloadTooLarge"))
    );
    let chunks = futures_util::stream::iter(
        body.chunks(1 << 20)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let chunked = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token)
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(answer(chunked).await.0, 413);
    // A stranger's large body gets its answer too, not a reset.
    let stranger = server
        .http
        .post(server.url(LIVENESS))
        .body(vec![b'a'; 20_000_000]);
    assert_eq!(answer(stranger).await.0, 401);
    assert_eq!(answer(server.http.get(server.url("/healthz"))).await.0, 200);
}

#[tokio::test]
async fn a_client_that_expects_continue_need_not_send_its_body() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = format!(
        "POST {LIVENESS} HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn pages_of_other_origins_may_call() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    for path in [
        LIVENESS,
        "/v2/face-recognition/compare",
        "/nothing",
        "/healthz",
    ] {
        let preflight = server
            .http
            .request(Method::OPTIONS, server.url(path))
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .send()
            .await
            .unwrap();
        let allowed = |name: &str| {
            preflight.headers()[name]
                .to_str()
                .unwrap()
                .to_ascii_lowercase()
        };
        assert_eq!(preflight.status(), 200, "{path}");
        assert_eq!(allowed("access-control-allow-origin"), "*");
        assert!(allowed("access-control-allow-headers").contains("authorization"));
        assert!(allowed("access-control-allow-methods").contains("post"));
    }
    let response = server
        .http
        .post(server.url(LIVENESS))
        .header("origin", "https://app.example.com")
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "*",
        "errors are readable too"
    );
    assert!(
        response.headers()["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("x-request-id")
    );
}

#[tokio::test]
async fn only_configured_origins_may_call() {
    let Some(server) = TestServer::start_with(|config| {
        config.server.cors_origins = vec!["https://app.example.com".into()]
    })
    .await
    else {
        return;
    };
    for (origin, open) in [
        ("https://app.example.com", true),
        ("https://evil.example.com", false),
    ] {
        let response = server
            .http
            .get(server.url("/healthz"))
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_some_and(|value| value == origin),
            open,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn request_ids_go_in_and_out() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let id = async |sent: Option<&str>, path: &str| {
        let mut request = server.http.get(server.url(path));
        if let Some(sent) = sent {
            request = request.header("x-request-id", sent);
        }
        request.send().await.unwrap().headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(id(Some("abc-123/4.5"), "/healthz").await, "abc-123/4.5");
    assert_eq!(id(Some("abc"), "/nothing").await, "abc");
    let long = "x".repeat(129);
    for unusable in ["", "two words", long.as_str()] {
        let fresh = id(Some(unusable), "/healthz").await;
        assert!(fresh.len() == 36 && fresh != unusable, "{fresh}");
    }
    assert_ne!(id(None, "/healthz").await, id(None, "/healthz").await);
}

#[tokio::test]
async fn documentation_works_offline() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let (status, document) = answer(server.http.get(server.url("/openapi.json"))).await;
    assert_eq!(status, 200);
    let paths = document["paths"].as_object().unwrap();
    assert!(
        paths.contains_key(LIVENESS) && paths.contains_key("/readyz"),
        "{:?}",
        paths.keys()
    );
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let page = server.http.get(server.url("/docs")).send().await.unwrap();
    assert_eq!(page.status(), 200, "the redirect to /docs/ is followed");
    for name in [
        "content-security-policy",
        "x-frame-options",
        "x-content-type-options",
        "referrer-policy",
    ] {
        assert!(page.headers().contains_key(name), "{name}");
    }
    let html = page.text().await.unwrap();
    let parts: Vec<&str> = html
        .split(['"', '\''])
        .filter(|part| part.ends_with(".js") || part.ends_with(".css"))
        .collect();
    assert!(parts.len() >= 3, "{html}");
    for part in parts {
        assert!(!part.contains("://"), "{part} comes from elsewhere");
        assert_eq!(
            server
                .http
                .get(server.url(&format!("/docs/{part}")))
                .send()
                .await
                .unwrap()
                .status(),
            200,
            "{part}"
        );
    }
}

#[tokio::test]
async fn switched_off_parts_are_not_there() {
    let Some(server) = TestServer::start_with(|config| {
        config.docs.enabled = false;
        config.metrics.enabled = false;
        config.verifik.enabled = false;
    })
    .await
    else {
        return;
    };
    for path in ["/docs", "/openapi.json", "/metrics"] {
        assert_eq!(
            answer(server.http.get(server.url(path))).await.0,
            404,
            "{path}"
        );
    }
    assert_eq!(server.call(LIVENESS, &json!({})).await.0, 404);
}

#[tokio::test]
async fn metrics_count_by_route_template() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    server.call(LIVENESS, &json!({})).await;
    answer(server.http.post(server.url(LIVENESS))).await;
    answer(server.http.get(server.url("/some/unknown/path"))).await;
    let response = server
        .http
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap();
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let text = response.text().await.unwrap();
    for part in [
        "rostro_http_requests_total{method=\"POST\",route=\"/v2/face-recognition/liveness\",status=\"409\"}",
        "rostro_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}",
        "rostro_http_request_seconds_bucket{route=\"/v2/face-recognition/liveness\",le=\"0.01\"}",
        "rostro_rejected_total{reason=\"missing\"}",
        "rostro_inference_queue 0",
        "rostro_inference_queue_limit",
        "rostro_http_in_flight",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("/some/unknown/path"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_504() {
    let Some(server) =
        TestServer::start_with(|config| config.server.request_timeout = Duration::from_millis(300))
            .await
    else {
        return;
    };
    // The body never comes.
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token)
        .body(reqwest::Body::wrap_stream(never));
    let (status, body) = answer(request).await;
    assert_eq!((status, &body["code"]), (504, &json!("Timeout")));
}

#[tokio::test]
async fn a_full_server_says_so_and_stays_observable() {
    let Some(server) = TestServer::start_with(|config| config.server.max_in_flight = 1).await
    else {
        return;
    };
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let held = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token)
        .body(reqwest::Body::wrap_stream(never));
    let held = tokio::spawn(held.send());
    let refused = loop {
        let response = server.post(LIVENESS, &json!({})).send().await.unwrap();
        if response.status() == 503 {
            break response;
        }
    };
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        refused.json::<Value>().await.unwrap()["code"],
        "ServiceUnavailable"
    );
    assert_eq!(answer(server.http.get(server.url("/readyz"))).await.0, 200);
    held.abort();
}

#[tokio::test]
async fn stopping_finishes_what_is_in_flight() {
    let Some(server) =
        TestServer::start_with(|config| config.server.shutdown_delay = Duration::from_millis(400))
            .await
    else {
        return;
    };
    let (base, http) = (server.base.clone(), server.http.clone());
    let (finish, rest) = tokio::sync::oneshot::channel::<()>();
    // A request whose body comes in two parts: the second after the server has stopped listening.
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let parts =
        futures_util::stream::unfold((0, Some((begun, rest))), |(part, signals)| async move {
            match (part, signals) {
                (0, signals) => Some((Ok::<_, std::io::Error>("{\"os\":"), (1, signals))),
                (1, Some((begun, rest))) => {
                    begun.send(()).ok()?;
                    rest.await.ok()?;
                    Some((Ok("\"DESKTOP\"}"), (2, None)))
                }
                _ => None,
            }
        });
    let in_flight = server
        .http
        .post(server.url(LIVENESS))
        .bearer_auth(&server.token)
        .body(reqwest::Body::wrap_stream(parts));
    let in_flight = tokio::spawn(answer(in_flight));
    has_begun.await.unwrap();
    let stopping = tokio::spawn(server.stop());
    let not_ready = async {
        loop {
            let (status, body) = answer(http.get(format!("{base}/readyz"))).await;
            if status == 503 {
                return body;
            }
        }
    };
    let body = tokio::time::timeout(Duration::from_secs(10), not_ready)
        .await
        .expect("it says that it is about to stop");
    assert_eq!(body["server"], "draining");
    while http
        .get(format!("{base}/healthz"))
        .header("connection", "close")
        .send()
        .await
        .is_ok()
    {}
    finish.send(()).unwrap();
    let (status, body) = in_flight.await.unwrap();
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("\"image\" is required"))
    );
    stopping.await.unwrap();
}

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
