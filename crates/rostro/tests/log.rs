//! The log holds no secrets, whatever the level. Alone in its file: a process has one log.
#![allow(
    clippy::unwrap_used,
    reason = "a fault in a test's setting is a failed test"
)]

mod common;

use std::{
    io,
    sync::{Arc, Mutex},
};

use common::TestServer;
use serde_json::{Value, json};
use service::{Config, config::LogFormat, observe::log};
use tracing::subscriber::set_global_default;

/// The log's lines, in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_picture_or_address_reaches_the_log() {
    let mut settings = Config::defaults().unwrap().log;
    settings.format = LogFormat::Json;
    // The client below runs in this process too; what it logs of its own requests is not the server's.
    settings.level = "debug,gateway=trace,store=trace,sqlx=trace,tower_http=trace,inference=trace,ort=debug,reqwest=off,hyper_util::client=off".into();
    let lines = Lines::default();
    let writer = lines.clone();
    set_global_default(log::subscriber(&settings, move || writer.clone())).unwrap();

    let secret = "a-signing-secret-that-must-stay-unseen";
    let Some(server) =
        TestServer::start_with(|config| config.auth.secret = service::config::Secret::new(secret))
            .await
    else {
        return;
    };
    let picture = "iVBORw0KGgoPICTUREPICTURE".repeat(20);
    let address = "https://127.0.0.1/a-private-picture.jpg?signature=hunter2";
    let path = "/v2/face-recognition/liveness";
    for image in [picture.as_str(), address] {
        server
            .call(path, &json!({"os": "DESKTOP", "image": image}))
            .await;
        server
            .call(
                &format!("{path}?token={}", server.token),
                &json!({"os": "DESKTOP", "image": image}),
            )
            .await;
    }
    let forged = format!("{}x", server.token);
    server
        .http
        .post(server.url(path))
        .bearer_auth(&forged)
        .send()
        .await
        .unwrap();
    server
        .http
        .get(server.url("/nothing?password=hunter2"))
        .header("x-request-id", "marker-4711")
        .send()
        .await
        .unwrap();

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("marker-4711"), "the log is written");
    let phrase = server.account.token_phrase.as_str();
    for hidden in [
        secret,
        server.token.as_str(),
        phrase,
        "PICTUREPICTURE",
        "a-private-picture",
        "hunter2",
    ] {
        assert!(
            !text.contains(hidden),
            "{hidden} is in the log: {}",
            text.lines().find(|line| line.contains(hidden)).unwrap()
        );
    }
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
