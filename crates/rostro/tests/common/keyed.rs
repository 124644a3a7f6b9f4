//! For the `x-api-key` dialects: an account with a key for each test.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use serde_json::Value;
use service::auth::{ApiKeyText, KeyHasher, SigningSecret};
use store::{Client, NewApiKey, NewClient};
use tokio::sync::Mutex;

use super::{TestServer, answer, shared::RUNTIME};

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
        let (status, body) = answer(self.bare(method, path).json(body)).await;
        self.check(method, path, status, &body).await;
        (status, body)
    }

    /// Fails unless the document promises this answer; what it does not know is no operation of this dialect.
    async fn check(&self, method: &str, path: &str, status: u16, body: &Value) {
        let document = document(self.server).await;
        let (path, method) = (path.split('?').next().unwrap(), method.to_lowercase());
        let operation = &document["paths"][path][&method];
        if operation.is_null() {
            return;
        }
        let promised = &operation["responses"][status.to_string()];
        assert!(
            !promised.is_null(),
            "{method} {path} does not promise {status}"
        );
        let root = serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": document["components"],
            "allOf": [promised["content"]["application/json"]["schema"]],
        });
        let schema = jsonschema::validator_for(&root).expect("a valid schema");
        let faults: Vec<_> = schema
            .iter_errors(body)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{method} {path} {status}: {faults:?}");
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
        self.check("GET", path, status, &body).await;
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

/// The on-premise dialect's document of a server; null where it has none.
async fn document(server: &TestServer) -> Arc<Value> {
    static SEEN: LazyLock<Mutex<HashMap<String, Arc<Value>>>> = LazyLock::new(Mutex::default);
    let mut seen = SEEN.lock().await;
    if let Some(document) = seen.get(&server.base) {
        return Arc::clone(document);
    }
    let request = server
        .http
        .get(server.url("/openapi/opencv-onpremise.json"));
    let (status, document) = answer(request).await;
    let document = Arc::new(if status == 200 { document } else { Value::Null });
    seen.insert(server.base.clone(), Arc::clone(&document));
    document
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

/// Runs `test` with an account of a server of its own, on SQLite.
pub fn with_own_server(
    change: impl FnOnce(&mut service::Config),
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
