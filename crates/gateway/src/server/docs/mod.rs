//! `/docs`: the API in a browser, one document per dialect and one that holds all.

mod swagger_ui;

use axum::{Router, http::header, routing::get};
use bytes::Bytes;
use utoipa::{OpenApi as _, openapi::OpenApi};

use self::swagger_ui::Choice;
use super::api::Document;

/// What readers pick a document by, and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    title: &'static str,
    path: &'static str,
}

/// The Verifik dialect.
pub(super) const VERIFIK: Name = Name {
    title: "Verifik",
    path: "/openapi/verifik.json",
};

/// The on-premise dialect.
pub(super) const OPENCV_ONPREMISE: Name = Name {
    title: "OpenCV FR Server",
    path: "/openapi/opencv-onpremise.json",
};

/// The cloud dialect.
pub(super) const OPENCV_CLOUD: Name = Name {
    title: "opencv.fr",
    path: "/openapi/opencv-cloud.json",
};

/// Where all of them are in one.
const EVERYTHING: &str = "/openapi.json";

/// One dialect's part of the documentation.
pub(super) struct Part {
    /// What it is called.
    pub(super) name: Name,
    /// Its operations.
    pub(super) api: OpenApi,
}

/// The pages: everything first, then each dialect by itself. Documents are written once, not for everybody who asks.
pub(super) fn pages<S: Clone + Send + Sync + 'static>(
    parts: Vec<Part>,
    operators: OpenApi,
) -> Router<S> {
    let mut all = Document::openapi();
    let mut documents = Vec::new();
    for Part { name, api } in parts {
        all.merge(api.clone());
        let mut document = Document::openapi();
        document.info.title = format!("Rostro: {}", name.title);
        // The tag of the operators' routes, which are not in it.
        document.tags = None;
        document.merge(api);
        let choice = Choice {
            title: name.title,
            path: name.path,
        };
        documents.push((choice, document));
    }
    all.merge(operators);
    let everything = Choice {
        title: "Everything",
        path: EVERYTHING,
    };
    documents.insert(0, (everything, all));
    let choices: Vec<_> = documents.iter().map(|(choice, _)| *choice).collect();
    let page = swagger_ui::router(&choices).unwrap_or_else(|error| {
        tracing::error!(%error, "the page /docs cannot be served");
        Router::new()
    });
    documents.iter().fold(page, |routes, (choice, document)| {
        routes.merge(written(choice.path, document))
    })
}

/// The route of a document.
fn written<S: Clone + Send + Sync + 'static>(path: &str, document: &OpenApi) -> Router<S> {
    match document.to_json() {
        Ok(text) => {
            let text = Bytes::from(text);
            let kind = (header::CONTENT_TYPE, "application/json");
            Router::new().route(path, get(async move || ([kind], text.clone())))
        }
        Err(error) => {
            tracing::error!(%error, path, "a document of the API cannot be written");
            Router::new()
        }
    }
}
