//! What is asked.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// The calls that are measured, in the order of the table.
pub(crate) const CALLS: [&str; 4] = ["compare", "liveness", "detect", "search"];

/// A picture of 360 x 440 pixels that belongs to the repository.
pub(crate) fn composite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg")
}

/// A picture of the labelled ones, if they are here.
pub(crate) fn labelled(file: &str) -> Option<PathBuf> {
    let path = Path::new(&std::env::var_os("ROSTRO_FACES")?).join(file);
    path.is_file().then_some(path)
}

/// A file in base64.
pub(crate) fn base64(file: &Path) -> Result<String> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(base64_simd::STANDARD.encode_to_string(bytes))
}

/// The path of a call.
pub(crate) fn path(call: &str) -> String {
    format!("/v2/face-recognition/{call}")
}

/// The body of a call with one picture in every place. Searches are in `collection`.
pub(crate) fn body(call: &str, picture: &str, collection: &str) -> Value {
    match call {
        "compare" => json!({ "probe": [picture], "gallery": [picture] }),
        "search" => json!({
            "images": [picture], "min_score": 0.5, "search_mode": "FAST", "collection_id": collection,
        }),
        "liveness" => json!({ "os": "DESKTOP", "image": picture }),
        _ => json!({ "image": picture }),
    }
}
