//! A real server in this process, on a port of its own, with a database of its own.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by several test binaries; each uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fault in a test's setting is a failed test"
)]
#![allow(clippy::print_stderr, reason = "a skipped test must say so")]

pub mod database;
pub mod figure;
pub mod figures;
pub mod keyed;
pub mod shared;

use std::path::PathBuf;

use service::{App, AppState, Config};

use rostro::server::Server;
use serde_json::Value;
use store::Client;

/// A server for one test. Its database and data folder go with it.
pub struct TestServer {
    /// `http://127.0.0.1:PORT`, or with `https`.
    pub base: String,
    /// A token of `account`.
    pub token: String,
    /// An account.
    pub account: Client,
    /// An HTTP client.
    pub http: reqwest::Client,
    server: Server,
    _data: tempfile::TempDir,
}

impl TestServer {
    /// A server with the default settings; `None` (and a loud line) when this machine has no models.
    pub async fn start() -> Option<Self> {
        Self::start_with(|_| ()).await
    }

    /// As [`TestServer::start`], with the settings that `change` makes.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let (config, data) = config()?;
        let mut config = config;
        change(&mut config);
        let server = Server::start(config).await.expect("the server starts");
        let app = server.app();
        app.gallery.reached(store::Revision::ZERO).await.unwrap();
        // Several nodes on one database have one.
        let account = service::auth::find_or_create(&*app.store, "tester")
            .await
            .unwrap();
        let token = app
            .tokens
            .issue(&account, app.config.auth.token_life)
            .unwrap();
        let base = server.base_url();
        Some(Self {
            base,
            token,
            account,
            http: reqwest::Client::new(),
            server,
            _data: data,
        })
    }

    /// Where it serves what is for operators, when that is apart.
    pub fn operators_address(&self) -> Option<std::net::SocketAddr> {
        self.server.operators_address()
    }

    /// The server's parts.
    pub fn app(&self) -> &App {
        self.server.app()
    }

    /// The same, to be shared.
    pub fn app_state(&self) -> &AppState {
        self.server.app()
    }

    /// The address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A POST of `body` with the token.
    pub fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http
            .post(self.url(path))
            .bearer_auth(&self.token)
            .json(body)
    }

    /// Status and JSON body of a POST with the token.
    pub async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.post(path, body)).await
    }

    /// Takes up files again as SIGHUP does.
    pub async fn reload(&self) {
        self.server.reload().await;
    }

    /// Stops the server as SIGTERM does.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Sends `request`; its answer must be JSON.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("application/json"), "{status} {kind}");
    (status, response.json().await.expect("a JSON body"))
}

/// Settings for a test: port 0, a fresh data folder, one worker. `None` when this machine has no models.
pub fn config() -> Option<(Config, tempfile::TempDir)> {
    let Some(models) = std::env::var_os("ROSTRO_TEST_MODELS") else {
        return skip("ROSTRO_TEST_MODELS is not set");
    };
    if std::env::var_os("ORT_DYLIB_PATH").is_none() {
        return skip("ORT_DYLIB_PATH is not set");
    }
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::defaults().unwrap();
    // Tests show many bad tokens, all from one address.
    config.limits.failed_auth_per_minute = 0;
    config.limits.open_per_minute = 0;
    config.limits.open_places = 256;
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.data = data.path().to_owned();
    config.models.dir = PathBuf::from(models);
    config.models.pack = pack();
    config.inference.workers = 1;
    Some((config, data))
}

/// The pack that tests run with which are about none: `ROSTRO_TEST_PACK`, else the default one.
pub fn pack() -> String {
    std::env::var("ROSTRO_TEST_PACK").unwrap_or_else(|_| "standard".to_owned())
}

/// Whether the tests run with the default pack. A test about how well that one sees is skipped with another, and says so.
pub fn with_standard() -> bool {
    let standard = pack() == "standard";
    if !standard {
        eprintln!(
            "SKIPPED: about the pack standard, and these tests run with {}",
            pack()
        );
    }
    standard
}

fn skip<T>(why: &str) -> Option<T> {
    eprintln!("SKIPPED: {why}");
    None
}
