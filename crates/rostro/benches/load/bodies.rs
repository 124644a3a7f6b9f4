//! What is asked.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// The calls that are measured, each with pictures of its own, in the order of the table.
pub(crate) const CALLS: [&str; 4] = ["compare", "liveness", "detect", "search"];
/// What is asked about one selfie when somebody signs up, in this order: is the picture good, is it a live face, is it the one on the document,
/// is it somebody who is known.
pub(crate) const SIGN_UP: [&str; 4] = ["detect", "liveness", "compare", "search"];

/// A picture of 360 x 440 pixels that belongs to the repository.
pub(crate) fn composite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/composite01_1.jpg")
}

/// A picture of the labelled ones, if they are here.
pub(crate) fn labelled(file: &str) -> Option<PathBuf> {
    let path = Path::new(&std::env::var_os("ROSTRO_FACES")?).join(file);
    path.is_file().then_some(path)
}

/// A file as [`numbered`].
pub(crate) fn base64(file: &Path) -> Result<String> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(numbered(&bytes))
}

/// What comes before a picture's number: a JPEG's first marker, and a comment of twelve bytes, so that it begins with a group of four
/// characters; then which picture it is.
pub(crate) const NUMBERED: &str = "/9j//gAO";
/// The person who is there now.
pub(crate) const SELFIE: &str = "self";
/// The person who is known.
const DOCUMENT: &str = "docu";
/// Digits of the number.
pub(crate) const DIGITS: usize = 12;

/// A picture in base64. A JPEG has room for a number, whose digits can be written over without coding the file anew: a server that
/// remembers pictures must not know those of the request before.
pub(crate) fn numbered(picture: &[u8]) -> String {
    let Some(rest) = picture.strip_prefix(b"\xFF\xD8") else {
        return base64_simd::STANDARD.encode_to_string(picture);
    };
    let rest = base64_simd::STANDARD.encode_to_string(rest);
    [NUMBERED, SELFIE, &"0".repeat(DIGITS), &rest].concat()
}

/// The path of a call.
pub(crate) fn path(call: &str) -> String {
    format!("/v2/face-recognition/{call}")
}

/// The body of a call with one picture in every place, but as another file where the person is that is known. Searches are in `collection`.
pub(crate) fn body(call: &str, picture: &str, collection: &str) -> Value {
    match call {
        "compare" => {
            let [selfie, document] = [SELFIE, DOCUMENT].map(|which| [NUMBERED, which].concat());
            json!({ "probe": [picture], "gallery": [picture.replacen(&selfie, &document, 1)] })
        }
        "search" => json!({
            "images": [picture], "min_score": 0.5, "search_mode": "FAST", "collection_id": collection,
        }),
        "liveness" => json!({ "os": "DESKTOP", "image": picture }),
        _ => json!({ "image": picture }),
    }
}
