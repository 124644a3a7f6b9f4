//! Calls whose answers are held against the document.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use serde_json::Value;

use crate::{
    common::{TestServer, answer},
    document::{Document, Operation},
};

/// A server, its document, and which answers were seen.
pub(crate) struct Api<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) document: Document,
    seen: Mutex<BTreeMap<Operation, BTreeSet<u16>>>,
}

impl<'a> Api<'a> {
    pub(crate) async fn of(server: &'a TestServer) -> Self {
        Self {
            server,
            document: Document::of(server).await,
            seen: Mutex::default(),
        }
    }

    /// A request with the account's token, which must be answered with `wanted`; the body of the answer.
    pub(crate) async fn ask(
        &self,
        wanted: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let token = Some(self.server.token.as_str());
        self.send(token, wanted, method, path, body).await
    }

    /// The same without a token.
    pub(crate) async fn ask_as_nobody(
        &self,
        wanted: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        self.send(None, wanted, method, path, body).await
    }

    async fn send(
        &self,
        token: Option<&str>,
        wanted: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let operation = self.document.operation(method, path);
        let mut request = self
            .server
            .http
            .request(method.parse().unwrap(), self.server.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, told) = answer(request).await;
        assert_eq!(status, wanted, "{operation}: {told}");
        self.document.check_answer(&operation, status, &told);
        if let (200, Some(body)) = (status, body) {
            self.document.check_request(&operation, body);
        }
        self.note(operation, status);
        told
    }

    /// Takes note of an answer that was held against the document elsewhere.
    pub(crate) fn note(&self, operation: Operation, status: u16) {
        let mut seen = self.seen.lock().unwrap();
        seen.entry(operation).or_default().insert(status);
    }

    /// The operations of which not both a success and an error were seen; those that promise no error need none.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let operations = self.document.operations().into_iter();
        // The `x-api-key` dialects have tests of their own, which hold every answer against the document.
        let operations =
            operations.filter(|(_, described)| described["security"][0].get("x-api-key").is_none());
        let lacking = operations.filter_map(|(operation, described)| {
            let answers = seen.get(&operation).cloned().unwrap_or_default();
            let promised = described["responses"].as_object().unwrap();
            let refuses = promised.keys().any(|status| status.starts_with(['4', '5']));
            let enough =
                answers.contains(&200) && (!refuses || answers.iter().any(|status| *status >= 400));
            (!enough).then(|| format!("{operation}: only {answers:?}"))
        });
        lacking.collect()
    }
}
