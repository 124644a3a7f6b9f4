//! What is served beside the dialects, and the answers of the server itself.

use crate::{
    LIVENESS,
    common::{TestServer, answer},
};
use reqwest::{Method, header};
use serde_json::{Value, json};

#[tokio::test]
async fn health_and_readiness() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let (status, body) = answer(server.http.get(server.url("/healthz"))).await;
    assert_eq!((status, &body["status"]), (200, &json!("ok")));
    let (status, body) = answer(server.http.get(server.url("/readyz"))).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(body, {".models.queue" => "[n]", ".models.pack" => "[name]"}, @r#"
    {
      "database": "ok",
      "database_kind": "sqlite",
      "models": {
        "pack": "[name]",
        "queue": "[n]",
        "queued": 0,
        "status": "ok"
      },
      "ready": true,
      "search": {
        "engine": "embedded",
        "graphs": 0,
        "graphs_building": 0,
        "loaded": 0,
        "reembedding": {
          "failed": 0,
          "status": "idle",
          "waiting": 0
        },
        "revision": 0,
        "rows": 0,
        "sketches": 0,
        "status": "ok",
        "total": 0
      },
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
async fn the_root_is_a_page_for_browsers_and_json_for_others() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let (status, body) = answer(server.http.get(server.url("/"))).await;
    assert_eq!((status, &body["ready"]), (200, &json!(true)));
    assert_eq!(
        (&body["name"], &body["docs"]),
        (&json!("rostro"), &json!("/docs/"))
    );
    let browser = server
        .http
        .get(server.url("/"))
        .header(header::ACCEPT, "text/html,*/*;q=0.8");
    let page = browser.send().await.unwrap();
    assert_eq!(page.status(), 200);
    let kind = page.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert!(kind.starts_with("text/html"), "{kind}");
    assert!(page.headers().contains_key("content-security-policy"));
    let html = page.text().await.unwrap();
    assert!(
        html.contains("Ready") && html.contains("href=\"/docs/\""),
        "{html}"
    );
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
