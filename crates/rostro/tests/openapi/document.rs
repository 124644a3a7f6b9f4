//! The document, and what it promises.

use std::fmt;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::{TestServer, answer};

/// A method (in lower case) and a path with its parameters, as the document writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// `/openapi.json` of a server.
pub(crate) struct Document(pub(crate) Value);

impl Document {
    pub(crate) async fn of(server: &TestServer) -> Self {
        let (status, document) = answer(server.http.get(server.url("/openapi.json"))).await;
        assert_eq!(status, 200);
        // Untagged alternatives come as `oneOf`, which an empty list of either kind would break.
        let text = document.to_string().replace("\"oneOf\":", "\"anyOf\":");
        Self(serde_json::from_str(&text).unwrap())
    }

    /// Every operation, with its description.
    pub(crate) fn operations(&self) -> Vec<(Operation, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        let of = |(path, methods): (&String, &'_ Value)| -> Vec<Operation> {
            let methods = methods.as_object().unwrap().keys();
            methods
                .map(|method| Operation {
                    method: method.clone(),
                    path: path.clone(),
                })
                .collect()
        };
        let all = paths.iter().flat_map(of);
        all.map(|one| {
            let described = &self.0["paths"][&one.path][&one.method];
            (one, described)
        })
        .collect()
    }

    /// The operation that a request is for: the one with the fewest parameters.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Operation {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            let (parts, given) = (template.split('/'), path.split('/'));
            template.split('/').count() == path.split('/').count()
                && parts
                    .zip(given)
                    .all(|(part, given)| part.starts_with('{') || part == given)
        };
        let operations = self.operations().into_iter().map(|(one, _)| one);
        operations
            .filter(|one| one.method.eq_ignore_ascii_case(method) && fits(&one.path))
            .min_by_key(|one| one.path.matches('{').count())
            .unwrap_or_else(|| panic!("{method} {path} is not documented"))
    }

    /// Fails unless the document promises `status`, with a schema that `body` follows.
    pub(crate) fn check_answer(&self, operation: &Operation, status: u16, body: &Value) {
        let answers = format!("{}/responses", pointer(operation));
        let documented = self.0.pointer(&answers).and_then(Value::as_object).unwrap();
        assert!(
            documented.contains_key(&status.to_string()),
            "{operation} answered with {status}, which is not documented: {body}"
        );
        let schema = format!("{answers}/{status}/content/application~1json/schema");
        self.check(&schema, body, &format!("{operation} {status}"));
    }

    /// Fails unless `body` is one that the document asks for.
    pub(crate) fn check_request(&self, operation: &Operation, body: &Value) {
        let schema = format!(
            "{}/requestBody/content/application~1json/schema",
            pointer(operation)
        );
        let validator = self.validator(&schema);
        if !spelled_out(body).any(|body| validator.is_valid(&body)) {
            self.check(&schema, body, &format!("the request of {operation}"));
        }
    }

    fn check(&self, pointer: &str, value: &Value, what: &str) {
        let faults: Vec<_> = self
            .validator(pointer)
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{what}: {faults:?} in {value}");
    }

    /// A validator of the schema at `pointer`.
    pub(crate) fn validator(&self, pointer: &str) -> Validator {
        let schema = self
            .0
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no schema at {pointer}"));
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.0["components"],
            "allOf": [schema],
        });
        jsonschema::validator_for(&root).expect("a valid schema")
    }
}

fn pointer(operation: &Operation) -> String {
    format!("/paths/{}/{}", escaped(&operation.path), operation.method)
}

/// `text` as a part of a JSON pointer.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// A body as it is, and with lists of pictures where it has single ones: that short form is told in words only.
fn spelled_out(body: &Value) -> impl Iterator<Item = Value> {
    const FIELDS: [&str; 3] = ["probe", "gallery", "images"];
    (0..1_u8 << FIELDS.len()).map(|chosen| {
        let mut body = body.clone();
        for (bit, field) in FIELDS.into_iter().enumerate() {
            let picture = body.get_mut(field).filter(|value| value.is_string());
            if let Some(picture) = picture.filter(|_| chosen >> bit & 1 == 1) {
                *picture = json!([picture.clone()]);
            }
        }
        body
    })
}
