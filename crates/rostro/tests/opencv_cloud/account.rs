//! An account with an API key, and what it asks the server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    common::{TestServer, answer, keyed},
    document::Document,
    pictures::face,
};

/// An account of a server.
pub(crate) struct Account<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) owner: keyed::Account<'a>,
    document: Document,
}

impl<'a> Account<'a> {
    /// A new one.
    pub(crate) async fn new(server: &'a TestServer) -> Self {
        Self {
            server,
            owner: keyed::Account::new(server).await,
            document: Document::load(server).await,
        }
    }

    /// Another account of the same server.
    pub(crate) async fn stranger(&self) -> Account<'a> {
        Account::new(self.server).await
    }

    /// A request below `/opencv-fr`.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.owner
            .bare(method.as_str(), &format!("/opencv-fr/{path}"))
    }

    /// Status and body of a request, which must be as the document has it.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = self.request(method.clone(), path);
        let (status, body) = answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await;
        let route = path.split_once('?').map_or(path, |(route, _)| route);
        self.document.check(method.as_str(), route, status, &body);
        (status, body)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.ask(Method::DELETE, path, None).await
    }

    /// The body of a POST that must succeed with this status.
    pub(crate) async fn posted(&self, wanted: u16, path: &str, body: &Value) -> Value {
        let (status, body) = self.post(path, body).await;
        assert_eq!(status, wanted, "{path}: {body}");
        body
    }

    /// The body of a GET that must succeed.
    pub(crate) async fn got(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// `data` of a POST of the Verifik dialect that must succeed.
    pub(crate) async fn verifik(&self, path: &str, body: &Value) -> Value {
        let path = format!("/v2/face-recognition/{path}");
        self.owner.verifik(&path, body).await
    }

    /// The id of a new collection.
    pub(crate) async fn collection(&self, name: &str) -> String {
        let new = self
            .posted(201, "collection", &json!({ "name": name }))
            .await;
        text(&new["id"])
    }

    /// A new person with picture 1 of the composite person `who`.
    pub(crate) async fn person(&self, id: &str, who: u32, collections: &[&str]) -> Value {
        let new =
            json!({ "id": id, "name": id, "images": [face(who, 1)], "collections": collections });
        self.posted(201, "person", &new).await
    }

    /// The ids of those whom a search with picture 2 of the composite person `who` finds.
    pub(crate) async fn found(&self, who: u32, collection: Option<&str>) -> Vec<String> {
        let request =
            json!({ "images": [face(who, 2)], "collection_id": collection, "min_score": 0.7 });
        ids(&self.posted(200, "search", &request).await)
    }
}

/// The `id`s of a list.
pub(crate) fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|one| text(&one["id"])).collect()
}

pub(crate) fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// A refusal.
pub(crate) fn told(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({ "code": code, "message": message }))
}

pub(crate) fn not_found() -> (u16, Value) {
    told(
        404,
        "ERR_NOT_FOUND",
        "The requested entity could not be found.",
    )
}

pub(crate) fn taken() -> (u16, Value) {
    let message = "Another entity already exists with the same ID.";
    told(409, "ERR_ALREADY_EXISTS", message)
}

/// One field that breaks a rule, in FastAPI's shape.
pub(crate) fn broken(loc: Value, msg: &str, kind: &str) -> (u16, Value) {
    (
        422,
        json!({ "detail": [{ "loc": loc, "msg": msg, "type": kind }] }),
    )
}
