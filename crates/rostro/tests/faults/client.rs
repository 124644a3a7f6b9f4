//! A caller of a server, in this process or in another one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{common::TestServer, pictures::face};

/// Holds a token.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    min_revision: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// `x-rostro-revision`.
    pub(crate) revision: Option<String>,
    retry: bool,
}

impl Told {
    /// Fails unless it says to try again later, in the contract's form and with this message.
    pub(crate) fn assert_unavailable(&self, message: &str) {
        let wanted = json!({ "message": message, "code": "ServiceUnavailable" });
        assert_eq!((self.status, &self.body), (503, &wanted));
        assert!(self.retry, "no Retry-After");
    }

    /// `data` of a success.
    pub(crate) fn data(mut self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["data"].take()
    }
}

impl Client {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            token: token.to_owned(),
            min_revision: None,
        }
    }

    pub(crate) fn of(server: &TestServer) -> Self {
        Self::new(&server.base, &server.token)
    }

    /// `HOST:PORT` of the server, and the token.
    pub(crate) fn address(&self) -> (String, String) {
        let address = self.base.trim_start_matches("http://");
        (address.to_owned(), self.token.clone())
    }

    /// Asks for answers from this revision on.
    pub(crate) fn since(&self, revision: &str) -> Self {
        Self {
            min_revision: Some(revision.to_owned()),
            ..Self::new(&self.base, &self.token)
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Told {
        let url = format!("{}/v2/face-recognition/{path}", self.base);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(revision) = &self.min_revision {
            request = request.header("x-rostro-min-revision", revision);
        }
        let response = request.send().await.expect("an answer");
        let revision = response.headers().get("x-rostro-revision");
        Told {
            status: response.status().as_u16(),
            revision: revision.map(|value| value.to_str().expect("text").to_owned()),
            retry: response.headers().contains_key("retry-after"),
            body: response.json().await.expect("JSON"),
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Told {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        self.ask(Method::GET, path, None).await
    }

    /// Enrols a picture of composite person `who`.
    pub(crate) async fn enrol(&self, name: &str, who: u32) -> Told {
        let body = json!({ "name": name, "images": [face(who, 1)] });
        self.post("persons", &body).await
    }

    /// The status of such an enrolment; `None` when no answer came.
    pub(crate) async fn try_enrol(&self, name: &str, who: u32) -> Option<u16> {
        let body = json!({ "name": name, "images": [face(who, 1)] });
        let url = format!("{}/v2/face-recognition/persons", self.base);
        let request = self.http.post(url).bearer_auth(&self.token).json(&body);
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        response.bytes().await.ok().map(|_| status)
    }

    /// Another client with the same token.
    pub(crate) fn again(&self) -> Self {
        Self::new(&self.base, &self.token)
    }

    /// Everybody's id.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let list = self.get("persons?limit=100").await.data();
        let list = list.as_array().expect("a list").iter();
        list.map(|one| one["_id"].as_str().expect("an id").to_owned())
            .collect()
    }

    pub(crate) async fn delete(&self, id: &str) -> Told {
        self.ask(Method::DELETE, &format!("persons/{id}"), None)
            .await
    }

    /// Searches for composite person `who`, by another picture.
    pub(crate) async fn search(&self, who: u32) -> Told {
        let body = json!({
            "images": [face(who, 2)], "min_score": 0.8, "search_mode": "ACCURATE", "max_results": 100,
        });
        self.post("search", &body).await
    }

    /// The names of those whom a search for composite person `who` finds, in order of the alphabet.
    pub(crate) async fn found(&self, who: u32) -> Vec<String> {
        names(&self.search(who).await.data())
    }

    /// Everybody's name, in order of the alphabet.
    pub(crate) async fn everybody(&self) -> Vec<String> {
        let mut all = Vec::new();
        for page in 1.. {
            let list = self.get(&format!("persons?limit=100&page={page}")).await;
            let more = names(&list.data());
            if more.is_empty() {
                break;
            }
            all.extend(more);
        }
        all.sort();
        all
    }

    /// Fails unless what needs no database is served.
    pub(crate) async fn assert_stateless_calls_go_on(&self) {
        let live = json!({ "os": "DESKTOP", "image": face(1, 1) });
        self.post("liveness", &live).await.data();
        let pair = json!({ "probe": [face(1, 1)], "gallery": [face(1, 2)] });
        assert_eq!(
            self.post("compare", &pair).await.data()["result"]["passed"],
            true
        );
    }
}

pub(crate) fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    let mut names: Vec<_> = list
        .map(|one| one["name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}
