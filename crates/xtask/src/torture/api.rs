//! The server as its clients see it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::{
    Method,
    blocking::{Client, RequestBuilder},
};
use serde_json::{Value, json};

use super::ledger::Enrolment;

/// Longer than the server's own limit for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// 200, with `data`.
    Done(Value),
    /// Another status, with the message.
    Refused(u16, String),
    /// The connection broke: the server may have done it or not.
    Cut,
    /// There was no connection: the server knows nothing of it.
    Unsent,
}

/// A client with a token.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: Client,
    base: String,
    token: String,
}

impl Api {
    /// For the server at `base`, which is `http://HOST:PORT`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn new(base: &str, token: &str) -> Result<Self> {
        let http = Client::builder()
            .timeout(PATIENCE)
            // A proxy of the environment has no business here.
            .no_proxy()
            .build()
            .context("the HTTP client cannot be made")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Creates a collection; its code.
    ///
    /// # Errors
    /// When it is not created.
    pub(super) fn create_collection(&self, name: &str) -> Result<String> {
        let made = self.done(self.post("collections", &json!({ "name": name })))?;
        text(&made, "code")
    }

    /// Enrols a person with these pictures, in base64, in these collections, by code.
    pub(super) fn enrol(
        &self,
        enrolment: &Enrolment,
        pictures: &[String],
        collections: &[String],
    ) -> Answer {
        let images: Vec<_> = enrolment
            .pictures
            .iter()
            .filter_map(|one| pictures.get(*one))
            .collect();
        let codes: Vec<_> = enrolment
            .collections
            .iter()
            .filter_map(|one| collections.get(*one))
            .collect();
        self.send(self.post(
            "persons",
            &json!({ "name": enrolment.name, "images": images, "collections": codes }),
        ))
    }

    /// Deletes a person.
    pub(super) fn delete(&self, id: &str) -> Answer {
        self.send(self.request(Method::DELETE, &format!("persons/{id}")))
    }

    /// A person as stored; `None` for the answer to an unknown id.
    ///
    /// # Errors
    /// Any other answer.
    pub(super) fn person(&self, id: &str) -> Result<Option<Value>> {
        match self.send(self.request(Method::GET, &format!("persons/{id}"))) {
            Answer::Done(person) => Ok(Some(person)),
            Answer::Refused(404, message) if message == "person_not_found" => Ok(None),
            other => bail!("GET persons/{id}: {other:?}"),
        }
    }

    /// All persons of the account.
    ///
    /// # Errors
    /// When a page is not answered.
    pub(super) fn persons(&self) -> Result<Vec<Value>> {
        const LIMIT: usize = 100;
        let mut persons = Vec::new();
        for page in 1.. {
            let request = self.request(
                Method::GET,
                &format!("persons?limit={LIMIT}&page={page}&sort=createdAt"),
            );
            let some = list(self.done(request)?)?;
            let last = some.len() < LIMIT;
            persons.extend(some);
            if last {
                break;
            }
        }
        Ok(persons)
    }

    /// Whom a picture, in base64, finds in a collection, by code.
    ///
    /// # Errors
    /// Any answer but a list.
    pub(super) fn search(
        &self,
        picture: &str,
        collection: &str,
        max_results: usize,
    ) -> Result<Vec<Value>> {
        let body = json!({
            "images": [picture], "collection_id": collection, "min_score": 0.2, "search_mode": "FAST", "max_results": max_results,
        });
        list(self.done(self.post("search", &body))?)
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/v2/face-recognition/{path}", self.base))
            .bearer_auth(&self.token)
    }

    fn done(&self, request: RequestBuilder) -> Result<Value> {
        match self.send(request) {
            Answer::Done(data) => Ok(data),
            other => bail!("the server did not do what it was asked: {other:?}"),
        }
    }

    fn send(&self, request: RequestBuilder) -> Answer {
        let response = match request.send() {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Answer::Unsent,
            Err(_) => return Answer::Cut,
        };
        let status = response.status().as_u16();
        let Ok(mut body) = response.json::<Value>() else {
            return Answer::Cut;
        };
        if status == 200 {
            Answer::Done(body["data"].take())
        } else {
            let message = body["message"].as_str().unwrap_or("no message");
            Answer::Refused(status, message.to_owned())
        }
    }
}

/// The text `name` of an object of the server's.
///
/// # Errors
/// When there is none.
pub(super) fn text(object: &Value, name: &str) -> Result<String> {
    let text = object[name].as_str();
    Ok(text
        .with_context(|| format!("an answer lacks {name:?}"))?
        .to_owned())
}

fn list(data: Value) -> Result<Vec<Value>> {
    match data {
        Value::Array(list) => Ok(list),
        _ => bail!("an answer is not a list"),
    }
}
