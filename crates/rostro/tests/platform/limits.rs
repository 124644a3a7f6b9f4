//! Bounds on requests, and the end of the server.

use std::time::Duration;

use crate::{
    LIVENESS,
    common::{TestServer, answer},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

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
