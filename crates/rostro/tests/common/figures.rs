//! What answers of searches say in headers.

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// The figures of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub min_score: f64,
    pub fmr: f64,
    pub fpir: f64,
    pub faces: usize,
}

impl Figures {
    /// Those of an answer; `None` when it has none of them.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let figure = |name: &str| -> Option<f64> { text(name)?.parse().ok() };
        let figures = Self {
            min_score: figure("x-rostro-min-score")?,
            fmr: figure("x-rostro-fmr")?,
            fpir: figure("x-rostro-fpir")?,
            faces: text("x-rostro-gallery-size")?.parse().ok()?,
        };
        // `1 - (1 - FMR)^N`, as far as three digits tell.
        let wanted = -(figures.faces as f64 * (-figures.fmr).ln_1p()).exp_m1();
        assert!(
            (figures.fpir - wanted).abs() <= 0.02 * wanted,
            "{figures:?}"
        );
        Some(figures)
    }
}

/// Body and figures of a search that succeeds.
pub async fn searched(request: RequestBuilder) -> (Value, Figures) {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{status} {body}");
    let figures = Figures::of(&headers).unwrap_or_else(|| panic!("no figures: {headers:?}"));
    (body, figures)
}

/// Fails unless the document says that these operations (POST) answer with the figures, and take `max_fpir` or what `field` says.
pub fn are_documented(document: &Value, paths: &[&str], field: &str) {
    for path in paths {
        let operation = &document["paths"][path]["post"];
        let headers = &operation["responses"]["200"]["headers"];
        for name in [
            "x-rostro-min-score",
            "x-rostro-fmr",
            "x-rostro-fpir",
            "x-rostro-gallery-size",
        ] {
            let told = headers[name]["description"].as_str().unwrap_or_default();
            assert!(told.contains("Extension"), "{path} {name}: {headers}");
        }
        let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .unwrap();
        let schema = document.pointer(&schema[1..]).unwrap();
        let limit = if schema["properties"]["search"].is_object() {
            let inner = schema["properties"]["search"].to_string();
            let name = inner.split("#/components/schemas/").nth(1).unwrap();
            let name = name.split('"').next().unwrap();
            &document["components"]["schemas"][name]["properties"][field]
        } else {
            &schema["properties"][field]
        };
        assert_eq!(limit["exclusiveMinimum"], 0, "{path}: {limit}");
        assert_eq!(limit["exclusiveMaximum"], 1, "{path}: {limit}");
    }
}

/// The look-alikes that an answer names, with their scores.
pub fn look_alikes(headers: &HeaderMap) -> Vec<(String, f64)> {
    let Some(value) = headers.get("x-rostro-look-alikes") else {
        return Vec::new();
    };
    let entries = value.to_str().unwrap().split(", ");
    let entry = |entry: &str| {
        let (id, score) = entry.split_once(";score=").unwrap();
        (id.to_owned(), score.parse().unwrap())
    };
    entries.map(entry).collect()
}
