//! `/docs`: the API in a browser, one document per dialect and one that holds all.

use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_swagger_ui::{SwaggerUi, Url};

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

/// One dialect's part of the documentation.
pub(super) struct Part {
    /// What it is called.
    pub(super) name: Name,
    /// Its operations.
    pub(super) api: OpenApi,
}

/// The pages: everything first, then each dialect by itself.
pub(super) fn pages(parts: Vec<Part>, operators: OpenApi) -> SwaggerUi {
    let mut all = Document::openapi();
    let mut single = Vec::new();
    for Part { name, api } in parts {
        all.merge(api.clone());
        let mut document = Document::openapi();
        document.info.title = format!("Rostro: {}", name.title);
        // The tag of the operators' routes, which are not in it.
        document.tags = None;
        document.merge(api);
        single.push((Url::new(name.title, name.path), document));
    }
    all.merge(operators);
    let mut documents = vec![(Url::with_primary("Everything", "/openapi.json", true), all)];
    documents.append(&mut single);
    SwaggerUi::new("/docs").urls(documents)
}
