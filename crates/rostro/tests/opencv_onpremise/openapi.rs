//! The documents.

use serde_json::Value;

use crate::common::keyed::with_own_server;

fn operations(document: &Value) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            all.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

#[test]
fn one_document_per_dialect_and_one_that_holds_all() {
    with_own_server(
        |_| (),
        async |account| {
            let mut everything = account.get("/openapi.json").await;
            for (path, one, schema) in [
                ("verifik", "POST /v2/face-recognition/search", "PersonMatch"),
                ("opencv-onpremise", "POST /face-search", "OnPremiseMatch"),
                ("opencv-cloud", "POST /opencv-fr/compare", "CloudScore"),
            ] {
                let document = account.get(&format!("/openapi/{path}.json")).await;
                let all = operations(&document);
                assert!(all.iter().any(|name| name == one), "{path}: {all:?}");
                for (name, methods) in document["paths"].as_object().unwrap() {
                    assert_eq!(&everything["paths"][name], methods, "{path}");
                    everything["paths"].as_object_mut().unwrap().remove(name);
                }
                // No two dialects mean different things by one name.
                for (name, shape) in document["components"]["schemas"].as_object().unwrap() {
                    assert_eq!(&everything["components"]["schemas"][name], shape, "{name}");
                }
                assert!(document["components"]["schemas"].get(schema).is_some());
            }
            let left = operations(&everything);
            assert_eq!(
                left,
                ["GET /", "GET /healthz", "GET /metrics", "GET /readyz"],
                "the operators' own"
            );
            let page = account.bare("GET", "/docs/swagger-initializer.js");
            let script = page.send().await.unwrap().text().await.unwrap();
            for path in ["/openapi.json", "/openapi/opencv-onpremise.json"] {
                assert!(script.contains(path), "{path} can be picked");
            }
        },
    );
}

#[test]
fn the_on_premise_document() {
    with_own_server(
        |_| (),
        async |account| {
            let document = account.get("/openapi/opencv-onpremise.json").await;
            insta::with_settings!({ prepend_module_to_snapshot => false }, {
                insta::assert_json_snapshot!("operations", operations(&document));
            });
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    let summary = operation["summary"].as_str().unwrap();
                    let ours = *method == "get" || (method == "delete" && path == "/person");
                    assert_eq!(summary.starts_with("Extension: "), ours, "{method} {path}");
                    assert!(operation["responses"].get("401").is_some());
                }
            }
            let scheme = &document["components"]["securitySchemes"]["x-api-key"];
            assert_eq!(scheme["in"], "header");
        },
    );
}
