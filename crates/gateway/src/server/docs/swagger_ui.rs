//! The files of Swagger UI, out of the archive that its crate carries, with a start script that names
//! our documents.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{Cursor, Read as _},
    sync::Arc,
};

use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{ZipArchive, result::ZipError};

use crate::routes::{Dialect, Refusal};

/// What the page loads, with the media type of each. The archive holds more, source maps among it.
const FILES: [(&str, &str); 7] = [
    ("index.html", "text/html; charset=utf-8"),
    ("index.css", "text/css"),
    ("swagger-ui.css", "text/css"),
    ("swagger-ui-bundle.js", "text/javascript"),
    ("swagger-ui-standalone-preset.js", "text/javascript"),
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
];

/// A document of the page's selection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// What readers pick it by.
    pub(super) title: &'static str,
    /// Path of the document.
    pub(super) path: &'static str,
}

type Files = HashMap<&'static str, (&'static str, Bytes)>;

/// `/docs` and what is below it; the first of `choices` is shown first.
///
/// # Errors
/// When the archive lacks a file.
pub(super) fn router<S: Clone + Send + Sync + 'static>(
    choices: &[Choice],
) -> Result<Router<S>, ZipError> {
    let mut files = unpacked()?;
    files.insert(
        "swagger-initializer.js",
        ("text/javascript", Bytes::from(start_script(choices))),
    );
    let files = Arc::new(files);
    let index = Arc::clone(&files);
    Ok(Router::new()
        .route("/docs", get(async || Redirect::to("/docs/")))
        .route("/docs/", get(async move || answer(&index, "index.html")))
        .route(
            "/docs/{*rest}",
            get(async move |Path(name): Path<String>| answer(&files, &name)),
        ))
}

fn answer(files: &Files, name: &str) -> Response {
    match files.get(name) {
        Some((kind, text)) => ([(header::CONTENT_TYPE, *kind)], text.clone()).into_response(),
        None => Dialect::of("/docs").refuse(Refusal::NotFound),
    }
}

fn unpacked() -> Result<Files, ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut files = Files::new();
    for (name, kind) in FILES {
        let ending = format!("/dist/{name}");
        let whole = archive
            .file_names()
            .filter_map(Result::ok)
            // The archive has other builds in deeper folders.
            .find(|path| path.ends_with(&ending) && path.matches('/').count() == 2)
            .map(Cow::into_owned)
            .ok_or(ZipError::FileNotFound)?;
        let mut text = Vec::new();
        archive.by_name(&whole)?.read_to_end(&mut text)?;
        files.insert(name, (kind, Bytes::from(text)));
    }
    Ok(files)
}

/// Swagger UI's own start script, with the documents to choose from.
fn start_script(choices: &[Choice]) -> String {
    let urls: Vec<_> = choices
        .iter()
        .map(|choice| serde_json::json!({ "url": choice.path, "name": choice.title }))
        .collect();
    let first = choices.first().map(|choice| choice.title);
    let settings = serde_json::json!({
        "urls": urls,
        "urls.primaryName": first,
        "dom_id": "#swagger-ui",
        "deepLinking": true,
        "layout": "StandaloneLayout",
    });
    format!(
        "window.onload = function () {{
  const settings = {settings:#};
  settings.presets = [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset];
  settings.plugins = [SwaggerUIBundle.plugins.DownloadUrl];
  window.ui = SwaggerUIBundle(settings);
}};
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_has_every_file_of_the_page() {
        let files = unpacked().unwrap();
        let (_, page) = &files["index.html"];
        let page = std::str::from_utf8(page).unwrap();
        for (name, _) in FILES.iter().filter(|(name, _)| *name != "index.html") {
            assert!(page.contains(name), "{name}");
        }
        assert!(page.contains("swagger-initializer.js"));
    }
}
