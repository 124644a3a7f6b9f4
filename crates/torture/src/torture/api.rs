//! The server as its clients see it.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{
    Method,
    blocking::{Client, RequestBuilder},
};
use serde_json::{Value, json};

use super::{
    client::{Collection, Scene},
    ledger::Enrolment,
};

/// Longer than the server's own limit for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest time until a server works again whose database came back.
const RECOVERY: Duration = Duration::from_secs(120);
/// Between questions whether it does.
const PAUSE: Duration = Duration::from_millis(50);

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// A success, with what it says and the revision that it saw or made.
    Done(Value, Option<i64>),
    /// Another status.
    Refused(Refusal),
    /// The connection broke: the server may have done it or not.
    Cut,
    /// There was no connection: the server knows nothing of it.
    Unsent,
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status.
    pub(super) status: u16,
    /// What it says.
    pub(super) message: String,
    /// Whether it says when to come again.
    pub(super) later: bool,
}

/// Whose words a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `/v2/...`.
    Verifik,
    /// At the root.
    OnPremise,
    /// Below `/opencv-fr`.
    Cloud,
}

/// What opens the account.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    /// For the Verifik dialect.
    pub(super) token: String,
    /// For the others.
    pub(super) key: String,
}

/// A client with a token and a key.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: Client,
    base: String,
    credentials: Credentials,
}

impl Api {
    /// For the server at `base`, which is `http://HOST:PORT`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn new(base: &str, credentials: &Credentials) -> Result<Self> {
        Self::with_patience(base, credentials, PATIENCE)
    }

    /// One that waits so long for an answer.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn with_patience(
        base: &str,
        credentials: &Credentials,
        patience: Duration,
    ) -> Result<Self> {
        let http = Client::builder()
            .timeout(patience)
            // A proxy of the environment has no business here.
            .no_proxy()
            .build()
            .context("the HTTP client cannot be made")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            credentials: credentials.clone(),
        })
    }

    /// Creates a collection.
    ///
    /// # Errors
    /// When it is not created.
    pub(super) fn create_collection(&self, name: &str) -> Result<Collection> {
        let made = self.done(self.post("collections", &json!({ "name": name })))?;
        Ok(Collection {
            code: text(&made, "code")?,
            name: name.to_owned(),
        })
    }

    /// Waits until the server wants requests.
    ///
    /// # Errors
    /// When it takes too long.
    pub(super) fn wait(&self) -> Result<()> {
        let since = Instant::now();
        let ready = || self.http.get(format!("{}/readyz", self.base)).send();
        while !ready().is_ok_and(|answer| answer.status().is_success()) {
            ensure!(
                since.elapsed() < RECOVERY,
                "the server does not get ready again"
            );
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Enrols a person in the words of a dialect.
    pub(super) fn enrol(&self, dialect: Dialect, enrolment: &Enrolment, scene: &Scene) -> Answer {
        let images: Vec<_> = enrolment
            .pictures
            .iter()
            .filter_map(|one| scene.pictures.get(*one))
            .collect();
        let collections: Vec<_> = enrolment
            .collections
            .iter()
            .filter_map(|one| scene.collections.get(*one))
            .collect();
        let codes: Vec<_> = collections.iter().map(|one| &one.code).collect();
        let name = &enrolment.name;
        self.send(match dialect {
            Dialect::Verifik => self.post(
                "persons",
                &json!({ "name": name, "images": images, "collections": codes }),
            ),
            Dialect::OnPremise => self.keyed(Method::PUT, "person").json(&json!({
                "collection_name": collections.first().map(|one| &one.name),
                "person_id": handle(name),
                "person_name": name,
                "face_base_64": images.first(),
                "face_storage_type": "StoreThumbnails",
            })),
            Dialect::Cloud => self.keyed(Method::POST, "opencv-fr/person").json(&json!({
                "id": handle(name), "name": name, "images": images, "collections": codes,
            })),
        })
    }

    /// Deletes a person: by the server's id, or by the caller's, which the name gives.
    pub(super) fn delete(
        &self,
        dialect: Dialect,
        id: &str,
        enrolment: &Enrolment,
        scene: &Scene,
    ) -> Answer {
        let own = handle(&enrolment.name);
        self.send(match dialect {
            Dialect::Verifik => self.request(Method::DELETE, &format!("persons/{id}")),
            Dialect::OnPremise => {
                let collection = enrolment
                    .collections
                    .iter()
                    .find_map(|one| scene.collections.get(*one));
                let name = collection.map(|one| &one.name);
                self.keyed(Method::DELETE, "person")
                    .json(&json!({ "collection_name": name, "person_id": own }))
            }
            Dialect::Cloud => self.keyed(Method::DELETE, &format!("opencv-fr/person/{own}")),
        })
    }

    /// A person as stored; `None` for the answer to an unknown id.
    ///
    /// # Errors
    /// Any other answer.
    pub(super) fn person(&self, id: &str) -> Result<Option<Value>> {
        match self.send(self.request(Method::GET, &format!("persons/{id}"))) {
            Answer::Done(person, _) => Ok(Some(person)),
            Answer::Refused(Refusal {
                status: 404,
                message,
                ..
            }) if message == "person_not_found" => Ok(None),
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
        match self.find(picture, collection, max_results, None) {
            Answer::Done(found, _) => list(found),
            other => bail!("a search is not answered: {other:?}"),
        }
    }

    /// As [`Api::search`], not from before the revision `since`.
    pub(super) fn find(
        &self,
        picture: &str,
        collection: &str,
        max_results: usize,
        since: Option<i64>,
    ) -> Answer {
        let body = json!({
            "images": [picture], "collection_id": collection, "min_score": 0.2, "search_mode": "FAST", "max_results": max_results,
        });
        let mut request = self.post("search", &body);
        if let Some(since) = since {
            request = request.header("x-rostro-min-revision", since);
        }
        self.send(request)
    }

    /// Puts a person, by the server's id, into exactly these collections.
    pub(super) fn place(&self, id: &str, collections: &[&Collection]) -> Answer {
        let codes: Vec<_> = collections.iter().map(|one| &one.code).collect();
        let request = self.request(Method::PUT, &format!("persons/{id}"));
        self.send(request.json(&json!({ "collections": codes })))
    }

    /// Asks what no stored face and no stored row is needed for.
    pub(super) fn stateless(&self, picture: &str) -> [Answer; 2] {
        [
            self.post("liveness", &json!({ "os": "DESKTOP", "image": picture })),
            self.post(
                "compare",
                &json!({ "probe": [picture], "gallery": [picture] }),
            ),
        ]
        .map(|request| self.send(request))
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/v2/face-recognition/{path}", self.base))
            .bearer_auth(&self.credentials.token)
    }

    fn keyed(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/{path}", self.base));
        request.header("x-api-key", &self.credentials.key)
    }

    fn done(&self, request: RequestBuilder) -> Result<Value> {
        match self.send(request) {
            Answer::Done(data, _) => Ok(data),
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
        let later = response.headers().contains_key("retry-after");
        let revision = response
            .headers()
            .get("x-rostro-revision")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let Ok(mut body) = response.json::<Value>() else {
            return Answer::Cut;
        };
        if (200..300).contains(&status) {
            // Only one of the dialects puts what it says into an envelope.
            let data = match body.get_mut("data") {
                Some(data) => data.take(),
                None => body,
            };
            Answer::Done(data, revision)
        } else {
            let message = body["message"].as_str().unwrap_or("no message").to_owned();
            Answer::Refused(Refusal {
                status,
                message,
                later,
            })
        }
    }
}

/// The id that a caller gives a person of this name.
fn handle(name: &str) -> String {
    name.replace(' ', "-")
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

/// The list that an answer is.
///
/// # Errors
/// When it is something else.
pub(super) fn list(data: Value) -> Result<Vec<Value>> {
    match data {
        Value::Array(list) => Ok(list),
        _ => bail!("an answer is not a list"),
    }
}
