//! Calls from web pages, and request ids.

use crate::{LIVENESS, common::TestServer};
use reqwest::Method;

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
    let readable = response.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for name in [
        "x-request-id",
        "retry-after",
        "x-rostro-min-score",
        "x-rostro-fmr",
        "x-rostro-fpir",
        "x-rostro-gallery-size",
        "x-rostro-look-alikes",
    ] {
        assert!(readable.contains(name), "{name} is not in {readable}");
    }
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
