//! An account, and what it asks the server.

use reqwest::Method;
use serde_json::{Value, json};
use store::NewClient;

use crate::{
    common::{TestServer, answer},
    pictures::face,
};

pub(crate) const COLLECTIONS: &str = "/v2/face-recognition/collections";
pub(crate) const PERSONS: &str = "/v2/face-recognition/persons";
pub(crate) const SEARCH: &str = "/v2/face-recognition/search";

/// An account of a server.
pub(crate) struct Account<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) id: String,
    token: String,
}

impl<'a> Account<'a> {
    /// A new one, of a name that nobody has.
    pub(crate) async fn new(server: &'a TestServer) -> Self {
        let app = server.app();
        let new = NewClient {
            name: uuid::Uuid::new_v4().to_string(),
            ..NewClient::default()
        };
        let client = app.store.create_client(new).await.unwrap();
        let token = app.tokens.issue(&client, app.config.auth.token_life);
        Self {
            server,
            id: client.id.to_string(),
            token: token.unwrap(),
        }
    }

    /// Another account of the same server.
    pub(crate) async fn stranger(&self) -> Account<'a> {
        Account::new(self.server).await
    }

    /// A request, without a body.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.server.http.request(method, self.server.url(path));
        request.bearer_auth(&self.token)
    }

    /// Status and body of a request.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = self.request(method, path);
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.ask(Method::DELETE, path, None).await
    }

    /// The `data` of a GET that must succeed.
    pub(crate) async fn data(&self, path: &str) -> Value {
        let (status, mut body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["data"].take()
    }

    /// The names of a list, in its order.
    pub(crate) async fn names(&self, path: &str) -> Vec<String> {
        let list = self.data(path).await;
        let list = list.as_array().expect("a list");
        list.iter().map(|entry| text(&entry["name"])).collect()
    }

    /// A new collection.
    pub(crate) async fn collection(&self, name: &str) -> Value {
        let (status, mut body) = self.post(COLLECTIONS, &json!({ "name": name })).await;
        assert_eq!(status, 200, "{body}");
        body["data"].take()
    }

    /// A new person with one picture of the composite person `who`.
    pub(crate) async fn person(&self, name: &str, who: u32, collections: &[&Value]) -> Value {
        let codes: Vec<_> = collections.iter().map(|one| &one["code"]).collect();
        let request = json!({ "name": name, "images": [face(who, 1)], "collections": codes });
        let (status, mut body) = self.post(PERSONS, &request).await;
        assert_eq!(status, 200, "{body}");
        body["data"].take()
    }

    /// The ids of those whom a search finds.
    pub(crate) async fn search(&self, image: String, collection: Option<&Value>) -> Vec<String> {
        let mut request = json!({ "images": [image], "min_score": 0.7, "search_mode": "FAST" });
        if let Some(collection) = collection {
            request["collection_id"] = collection["code"].clone();
        }
        let (status, body) = self.post(SEARCH, &request).await;
        assert_eq!(status, 200, "{body}");
        let found = body["data"].as_array().expect("a list");
        found.iter().map(|found| text(&found["id"])).collect()
    }
}

/// The path of something that has an `_id`.
pub(crate) fn at(list: &str, thing: &Value) -> String {
    format!("{list}/{}", text(&thing["_id"]))
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The body of a refusal.
pub(crate) fn told(message: &str, code: &str) -> Value {
    json!({ "message": message, "code": code })
}

/// The body of a broken rule.
pub(crate) fn broken(message: &str) -> Value {
    told(message, "MissingParameter")
}

pub(crate) fn no_collection() -> (u16, Value) {
    (404, told("invalid_collection", "ERROR"))
}

pub(crate) fn no_person() -> (u16, Value) {
    (404, told("person_not_found", "NotFound"))
}

/// Ids that name nothing: unknown ones, and texts that are none.
pub(crate) const NOTHING: [&str; 5] = [
    "65b9592267cc4f096dbe743d",
    "d96db430-27d2-4f43-bcff-c4b239ac6d2e",
    "00000000-0000-0000-0000-000000000000",
    "nonsense",
    "%FF%00",
];
