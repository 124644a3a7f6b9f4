//! The OpenAPI document against the running server: every documented path answers as documented, and there is no other.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{
    common::{TestServer, answer},
    pictures::face,
    with_own_server,
};

/// A validator of the schema at `pointer` of the document.
fn validator(document: &Value, pointer: &str) -> Validator {
    let schema = document
        .pointer(pointer)
        .unwrap_or_else(|| panic!("no schema at {pointer}"))
        .clone();
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        "allOf": [schema],
    });
    jsonschema::validator_for(&root).expect("a valid schema")
}

/// `text` as a part of a JSON pointer.
fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// Fails unless the document promises `status` for `path`, with a schema that `body` follows.
fn check(document: &Value, path: &str, status: u16, body: &Value) {
    let responses = format!("/paths/{}/post/responses", escaped(path));
    let documented = document
        .pointer(&responses)
        .and_then(Value::as_object)
        .unwrap();
    assert!(
        documented.contains_key(&status.to_string()),
        "{path} answered with {status}, which is not documented: {body}"
    );
    let schema = validator(
        document,
        &format!("{responses}/{status}/content/application~1json/schema"),
    );
    let faults: Vec<_> = schema
        .iter_errors(body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{path} {status}: {faults:?} in {body}");
}

/// A body that fits the request schema of every biometric route.
fn honest() -> Value {
    json!({ "os": "DESKTOP", "image": face(1, 1), "probe": face(1, 1), "gallery": [face(1, 2)], "liveness_min_score": 0.6 })
}

#[test]
fn every_documented_path_answers_as_documented() {
    with_own_server(
        |config| config.verifik.demo_routes = true,
        async |server: &TestServer| {
            let (status, document) = answer(server.http.get(server.url("/openapi.json"))).await;
            assert_eq!(status, 200);
            let paths = document["paths"].as_object().unwrap();
            let tagged = |path: &&String| {
                let tag = &paths[path.as_str()]["post"]["tags"][0];
                tag == "Biometric operations" || tag == "Demo"
            };
            let biometric: Vec<_> = paths.keys().filter(tagged).collect();
            assert!(biometric.len() >= 10, "{biometric:?}");
            for path in biometric {
                let post = paths[path]
                    .get("post")
                    .unwrap_or_else(|| panic!("{path} has no POST"));
                let open = post.get("security").is_none();
                let url = server.url(path);
                let mut bodies = vec![
                    honest(),
                    json!({}),
                    json!([]),
                    json!({ "image": "abc", "probe": "abc", "gallery": "abc", "os": "IOS", "liveness_min_score": 0.6 }),
                ];
                let mut form_a = honest();
                form_a["min_score"] = json!(0.8);
                form_a["search_mode"] = json!("FAST");
                bodies.push(form_a);
                let mut seen = Vec::new();
                for body in bodies {
                    let mut request = server.http.post(&url).json(&body);
                    if !open {
                        request = request.bearer_auth(&server.token);
                    }
                    let (status, body) = answer(request).await;
                    check(&document, path, status, &body);
                    seen.push(status);
                }
                assert_eq!(seen, [200, 409, 400, 412, 200], "{path}");
                let (status, body) = answer(server.http.post(&url).json(&json!({}))).await;
                check(&document, path, status, &body);
                assert_eq!(status, if open { 409 } else { 401 }, "{path}");
            }
        },
    );
}

#[test]
fn the_document_is_sound() {
    with_own_server(
        |config| config.verifik.demo_routes = true,
        async |server: &TestServer| {
            let (_, document) = answer(server.http.get(server.url("/openapi.json"))).await;
            assert_eq!(
                document["openapi"].as_str().map(|version| &version[..3]),
                Some("3.1")
            );
            assert_eq!(
                document["components"]["securitySchemes"]["bearer"]["scheme"],
                "bearer"
            );
            let schemas = document["components"]["schemas"].as_object().unwrap();
            for name in schemas.keys() {
                validator(&document, &format!("/components/schemas/{}", escaped(name)));
            }
            let mut operations: Vec<&str> = Vec::new();
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    let id = operation["operationId"]
                        .as_str()
                        .unwrap_or_else(|| panic!("{method} {path} has no id"));
                    assert!(!operations.contains(&id), "{id} twice");
                    operations.push(id);
                    let told = operation["summary"]
                        .as_str()
                        .or(operation["description"].as_str());
                    assert!(told.is_some(), "{method} {path} is not described");
                }
            }
        },
    );
}
