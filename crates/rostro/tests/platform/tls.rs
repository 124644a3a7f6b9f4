//! TLS of the server itself, with real handshakes.

use std::{path::Path, time::Duration};

use service::{Config, config::TlsVersion};

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client, StatusCode, Version, tls};
use rostro::server::Server;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::common::{self, TestServer};

/// Writes a new certificate for this machine and its key into the folder; the certificate is given back, to be trusted.
fn certify(folder: &Path) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    std::fs::write(folder.join("certificate.pem"), &pem).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    Certificate::from_pem(pem.as_bytes()).unwrap()
}

fn with_tls(config: &mut Config, folder: &Path) {
    config.server.tls.certificate = folder.join("certificate.pem");
    config.server.tls.key = folder.join("key.pem");
}

fn trusting(certificate: &Certificate) -> reqwest::ClientBuilder {
    Client::builder()
        .no_proxy()
        .tls_certs_only([certificate.clone()])
}

/// A server with TLS and a client that trusts it alone.
async fn start(folder: &Path) -> Option<(TestServer, Client)> {
    let certificate = certify(folder);
    let server = TestServer::start_with(|config| with_tls(config, folder)).await?;
    Some((server, trusting(&certificate).build().unwrap()))
}

fn address(server: &TestServer) -> &str {
    server.base.trim_start_matches("https://")
}

#[tokio::test]
async fn requests_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, client)) = start(folder.path()).await else {
        return;
    };
    assert!(server.base.starts_with("https://127.0.0.1:"));
    let answer = client.get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=31536000"
    );
    let text = client
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let left = text
        .lines()
        .find_map(|line| line.strip_prefix("rostro_tls_certificate_expiry_seconds "))
        .unwrap();
    assert!(left.parse::<f64>().unwrap() > 86_400.0, "{left}");
    assert!(text.contains("rostro_tls_handshakes_total{outcome=\"done\"}"));
    // HTTP/1.1, and a body that takes several records.
    let certificate = std::fs::read(folder.path().join("certificate.pem")).unwrap();
    let old = trusting(&Certificate::from_pem(&certificate).unwrap()).http1_only();
    let request = old.build().unwrap().post(server.url(crate::LIVENESS));
    let answer = request
        .bearer_auth(&server.token)
        .json(&serde_json::json!({"os": "DESKTOP", "image": "A".repeat(1 << 20)}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.version(), Version::HTTP_11);
    assert_eq!(answer.status(), StatusCode::PRECONDITION_FAILED);
    // Somebody else's certificate is not ours.
    let other = tempfile::tempdir().unwrap();
    let stranger = trusting(&certify(other.path())).build().unwrap();
    assert!(stranger.get(server.url("/healthz")).send().await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn without_tls_browsers_are_told_nothing_of_it() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    let answer = server.http.get(server.url("/docs/")).send().await.unwrap();
    assert!(!answer.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn plain_http_is_told_to_use_https() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, _)) = start(folder.path()).await else {
        return;
    };
    let answer = server
        .http
        .get(format!("http://{}/healthz", address(&server)))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["message"].as_str().unwrap().contains("HTTPS"),
        "{body}"
    );
}

#[tokio::test]
async fn who_does_not_shake_hands_holds_up_nobody_and_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, client)) = start(folder.path()).await else {
        return;
    };
    let mut idle = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        // Nothing, the first byte of a handshake, or a record that is said to be longer.
        let beginning = [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00"][number % 3];
        stream.write_all(beginning).await.unwrap();
        idle.push(stream);
    }
    let answer = client.get(server.url("/healthz")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for mut stream in idle {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest));
        // An end or a reset: both are one.
        let _ = end.await.expect("the server lets go of it");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_new_certificate_serves_new_connections_and_loses_no_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, before)) = start(folder.path()).await else {
        return;
    };
    let ask = async |client: &Client| {
        let asked = client.get(server.url("/healthz")).send().await;
        asked.is_ok_and(|answer| answer.status() == StatusCode::OK)
    };
    assert!(ask(&before).await);
    let certificate = certify(folder.path());
    server.reload().await;
    let after = trusting(&certificate).build().unwrap();
    assert!(ask(&after).await);
    // Its connection is still open; a new one of somebody who trusts the old certificate only is not.
    assert!(ask(&before).await);
    std::fs::write(folder.path().join("key.pem"), "broken").unwrap();
    server.reload().await;
    let again = trusting(&certificate).build().unwrap();
    assert!(ask(&again).await, "the certificate that works stays in use");
    server.stop().await;
}

#[tokio::test]
async fn the_least_version_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    for (least, old_opens) in [(TlsVersion::V12, true), (TlsVersion::V13, false)] {
        let Some(server) = TestServer::start_with(|config| {
            with_tls(config, folder.path());
            config.server.tls.min_version = least;
        })
        .await
        else {
            return;
        };
        let old = trusting(&certificate).tls_version_max(tls::Version::TLS_1_2);
        let asked = old
            .build()
            .unwrap()
            .get(server.url("/healthz"))
            .send()
            .await;
        assert_eq!(asked.is_ok(), old_opens, "{least:?}");
        let new = trusting(&certificate).tls_version_min(tls::Version::TLS_1_3);
        let asked = new
            .build()
            .unwrap()
            .get(server.url("/healthz"))
            .send()
            .await;
        assert!(asked.is_ok());
        server.stop().await;
    }
}

#[tokio::test]
async fn a_key_of_another_certificate_stops_the_start() {
    let Some((mut config, _data)) = common::config() else {
        return;
    };
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certify(one.path());
    certify(two.path());
    with_tls(&mut config, one.path());
    config.server.tls.key = two.path().join("key.pem");
    let Err(error) = Server::start(config).await else {
        panic!("it started");
    };
    assert!(
        format!("{error:#}").contains("does not belong to the first certificate"),
        "{error:#}"
    );
}

#[tokio::test]
async fn headers_have_a_limit() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    for (length, status) in [(20_000, 200), (200_000, 431)] {
        let mut stream = TcpStream::connect(server.base.trim_start_matches("http://"))
            .await
            .unwrap();
        let head = format!(
            "GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\nconnection: close\r\n\r\n",
            "a".repeat(length)
        );
        // The server need not read all of it.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).await.unwrap();
        assert_eq!(begin, format!("HTTP/1.1 {status}").as_bytes(), "{length}");
    }
}
