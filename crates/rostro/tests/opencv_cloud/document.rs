//! The dialect's OpenAPI document, against which answers are held.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::{TestServer, answer};

/// The document, and the validators that were made of it.
pub(crate) struct Document {
    root: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    /// Asks the server for it.
    pub(crate) async fn load(server: &TestServer) -> Self {
        let url = server.url("/openapi/opencv-cloud.json");
        let (status, root) = answer(server.http.get(url)).await;
        assert_eq!(status, 200);
        Self {
            root,
            validators: Mutex::default(),
        }
    }

    /// Every operation, as `METHOD /path`.
    pub(crate) fn operations(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (path, methods) in self.root["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys();
            all.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
        }
        all.sort();
        all
    }

    /// Fails unless the document promises `status` for the request, with a schema that `body` follows.
    pub(crate) fn check(&self, method: &str, path: &str, status: u16, body: &Value) {
        let Some(template) = self.template(path) else {
            assert_eq!(status, 404, "{path} is not documented");
            return;
        };
        let Some(operation) = self.root["paths"][template].get(method.to_lowercase()) else {
            assert_eq!(status, 405, "{method} {template} is not documented");
            return;
        };
        let response = &operation["responses"][status.to_string()];
        assert!(
            !response.is_null(),
            "{method} {template} answered with {status}, which is not documented: {body}"
        );
        let schema = &response["content"]["application/json"]["schema"];
        let faults: Vec<String> = self
            .validator(schema)
            .iter_errors(body)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(
            faults.is_empty(),
            "{method} {template} {status}: {faults:?}"
        );
    }

    /// The documented path that a request is for: the one with the fewest parameters.
    fn template(&self, path: &str) -> Option<&str> {
        let asked: Vec<String> = format!("/opencv-fr/{path}")
            .split('/')
            .map(str::to_owned)
            .collect();
        let fits = |template: &&String| {
            let steps: Vec<&str> = template.split('/').collect();
            steps.len() == asked.len()
                && steps
                    .iter()
                    .zip(&asked)
                    .all(|(step, asked)| step.starts_with('{') || step == asked)
        };
        let paths = self.root["paths"].as_object().unwrap().keys();
        let found = paths
            .filter(fits)
            .min_by_key(|template| template.matches('{').count());
        found.map(String::as_str)
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap();
        let made = known.entry(schema.to_string()).or_insert_with(|| {
            let root = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "components": self.root["components"],
                "allOf": [schema],
            });
            Arc::new(jsonschema::validator_for(&root).expect("a valid schema"))
        });
        Arc::clone(made)
    }
}

#[test]
fn the_thirty_operations_of_the_contract_are_there() {
    crate::harness::with_own_server(
        |_| (),
        async |account| {
            let wanted = [
                "DELETE /opencv-fr/collection/person/{collection_id}/{person_id}",
                "DELETE /opencv-fr/collection/{collection_id}",
                "DELETE /opencv-fr/person/image/{person_id}/{thumbnail_id}",
                "DELETE /opencv-fr/person/{person_id}",
                "GET /opencv-fr/collection/{collection_id}",
                "GET /opencv-fr/collections",
                "GET /opencv-fr/collections/person/{person_id}",
                "GET /opencv-fr/collections/{collection_ids}",
                "GET /opencv-fr/person/{person_id}",
                "GET /opencv-fr/persons",
                "GET /opencv-fr/persons/{collection_id}",
                "PATCH /opencv-fr/collection",
                "PATCH /opencv-fr/collection/persons",
                "PATCH /opencv-fr/person",
                "PATCH /opencv-fr/person/images",
                "PATCH /opencv-fr/persons",
                "POST /opencv-fr/collection",
                "POST /opencv-fr/collection/person",
                "POST /opencv-fr/compare",
                "POST /opencv-fr/compare-live-face",
                "POST /opencv-fr/detect",
                "POST /opencv-fr/head-count",
                "POST /opencv-fr/liveness",
                "POST /opencv-fr/person",
                "POST /opencv-fr/person/crops",
                "POST /opencv-fr/person/images",
                "POST /opencv-fr/search",
                "POST /opencv-fr/search-live-face",
                "POST /opencv-fr/search/crops",
                "POST /opencv-fr/verify",
            ];
            let document = Document::load(account.server).await;
            assert_eq!(document.operations(), wanted);
            // In the document that holds all dialects too.
            let (_, all) =
                answer(account.server.http.get(account.server.url("/openapi.json"))).await;
            for operation in wanted {
                let (method, path) = operation.split_once(' ').unwrap();
                assert!(
                    all["paths"][path].get(method.to_lowercase()).is_some(),
                    "{operation}"
                );
            }
        },
    );
}
