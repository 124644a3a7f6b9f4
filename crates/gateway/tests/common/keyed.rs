//! For the `x-api-key` dialects: one server per database for all tests of a binary, and for each test an account with a key.

use std::sync::{LazyLock, OnceLock};

use gateway::{
    auth::{ApiKeyText, KeyHasher, SigningSecret},
    config::Secret,
};
use serde_json::Value;
use store::{Client, NewApiKey, NewClient};
use tokio::runtime::Runtime;

use super::{
    TestServer, answer,
    database::{Kind, TestDatabase},
};

/// Outlives each test, as the shared servers must.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// An account of a running server.
pub struct Account<'a> {
    /// The server.
    pub server: &'a TestServer,
    /// The account.
    pub client: Client,
    /// A key of it.
    pub key: String,
}

impl<'a> Account<'a> {
    /// A new one.
    pub async fn new(server: &'a TestServer) -> Self {
        let new = NewClient {
            name: uuid::Uuid::new_v4().to_string(),
            ..NewClient::default()
        };
        let client = server.app().store.create_client(new).await.unwrap();
        let key = key(server, &client).await.0;
        Self {
            server,
            client,
            key,
        }
    }

    /// A request with the key, without a body.
    pub fn bare(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        let request = self.server.http.request(method, self.server.url(path));
        request.header("x-api-key", &self.key)
    }

    /// Status and body of a request with the key.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        answer(self.bare(method, path).json(body)).await
    }

    /// The body of a request that succeeds.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, body) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {body}");
        body
    }

    /// The body of a GET that succeeds.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = answer(self.bare("GET", path)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// `data` of a POST of the Verifik dialect, with a token of the same account, that succeeds.
    pub async fn verifik(&self, path: &str, body: &Value) -> Value {
        let app = self.server.app();
        let life = app.config.auth.token_life;
        let token = app.tokens.issue(&self.client, life).unwrap();
        let request = self.server.http.post(self.server.url(path));
        let (status, mut body) = answer(request.bearer_auth(token).json(body)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["data"].take()
    }
}

/// A new key of `client`, and its id.
pub async fn key(server: &TestServer, client: &Client) -> (String, store::ApiKeyId) {
    let app = server.app();
    let secret = SigningSecret::load(&app.config.auth.secret, &app.config.server.data).unwrap();
    let key = ApiKeyText::random().unwrap();
    let new = NewApiKey {
        hash: KeyHasher::new(&secret).hash(key.expose()),
        label: "test".to_owned(),
        prefix: key.prefix(),
    };
    let made = app.store.create_api_key(client.id, new).await.unwrap();
    (key.expose().to_owned(), made.id)
}

/// Runs `test` with an account of the server on this kind of database that all tests share.
pub fn on(kind: Kind, test: impl AsyncFnOnce(&Account<'_>)) {
    static SQLITE: OnceLock<Option<TestServer>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<TestServer>> = OnceLock::new();
    let shared = match kind {
        Kind::Sqlite => &SQLITE,
        Kind::Postgres => &POSTGRES,
    };
    let start = || async {
        let database = TestDatabase::create(kind).await?;
        TestServer::start_with(|config| {
            config.database.url = Secret::new(&database.url);
            // Many tests at a time on a small machine.
            config.inference.queue = 256;
            config.server.request_timeout = std::time::Duration::from_secs(120);
            config.server.drain_timeout = std::time::Duration::from_secs(125);
        })
        .await
    };
    if let Some(server) = shared.get_or_init(|| RUNTIME.block_on(start())) {
        RUNTIME.block_on(async { test(&Account::new(server).await).await });
    }
}

/// Runs `test` with an account of a server of its own, on SQLite.
pub fn with_own_server(
    change: impl FnOnce(&mut gateway::Config),
    test: impl AsyncFnOnce(&Account<'_>),
) {
    RUNTIME.block_on(async {
        if let Some(server) = TestServer::start_with(change).await {
            test(&Account::new(&server).await).await;
            server.stop().await;
        }
    });
}

/// Fails unless each row's answer has this status and these values: `(method, path, body, status, code, message)`.
pub async fn refusals(account: &Account<'_>, rows: &[(&str, &str, Value, u16, &str, &str)]) {
    for (method, path, body, status, code, message) in rows {
        let (told, answer) = account.call(method, path, body).await;
        let got = (told, &answer["code"], &answer["message"]);
        let (code, message) = (Value::from(*code), Value::from(*message));
        assert_eq!(got, (*status, &code, &message), "{method} {path}");
    }
}

/// `on_both! { test_function, ... }`: each `async fn(&Account)` as a test on SQLite and as one on Postgres.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                $crate::common::keyed::on($crate::common::database::Kind::Sqlite, super::$test);
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() {
                $crate::common::keyed::on($crate::common::database::Kind::Postgres, super::$test);
            })*
        }
    };
}
