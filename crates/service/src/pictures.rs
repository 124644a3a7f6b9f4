//! From the text of a request's field to the bytes of a picture.

use std::fmt;

use bytes::Bytes;
use futures_util::future::try_join_all;
use inference::{ImageBytes, ImageLimits};

use super::{Call, Part, PictureError, ServiceError};
use crate::{App, limits::Holder, observe::timed};

/// Shorter texts than this are no picture of a face in any format.
const SHORTEST_BASE64: usize = 100;

/// A picture as the request gives it: base64 (plain, URL-safe, with line breaks, without padding, as a data URI), or an address.
#[derive(Clone)]
pub struct PictureSource {
    text: Bytes,
    /// Whether an address counts as a picture.
    fetched: bool,
}

impl PictureSource {
    /// Takes the text as it came; what it is shows when it is resolved.
    #[must_use]
    pub fn new(text: Bytes) -> Self {
        Self {
            text,
            fetched: true,
        }
    }

    /// As [`PictureSource::new`], for dialects in which a picture is never an address.
    #[must_use]
    pub fn base64(text: Bytes) -> Self {
        Self {
            text,
            fetched: false,
        }
    }

    /// Fetches what is an address. Checks of base64 only what costs nothing: decoding is work for the engine's threads.
    async fn resolve(self, app: &App) -> Result<Resolved, PictureError> {
        let text = self.text.trim_ascii();
        if self.fetched
            && let Some(url) = address(text)
        {
            let client = Call::current().and_then(|call| call.client);
            let holder = client.map_or(Holder::Strangers, Holder::Account);
            let file = app.fetcher.fetch(url, holder, app.limits.bodies()).await?;
            return Ok(Resolved::File(file));
        }
        let payload = payload(text).ok_or(PictureError::NotBase64)?;
        if payload.len() < SHORTEST_BASE64 {
            return Err(PictureError::NotBase64);
        }
        Ok(Resolved::Base64(self.text.slice_ref(payload)))
    }
}

// Pictures never reach a log, not even by accident of a derived Debug.
impl fmt::Debug for PictureSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureSource({} bytes)", self.text.len())
    }
}

/// A picture that is all here.
#[derive(Clone)]
pub(super) enum Resolved {
    /// Base64, not decoded yet.
    Base64(Bytes),
    /// A file.
    File(Bytes),
}

impl Resolved {
    /// The file's bytes. Runs on an engine thread.
    pub(super) fn load(self, limits: &ImageLimits) -> Result<ImageBytes, PictureError> {
        let bytes = timed("load", || match self {
            Self::Base64(text) => decode_base64(&text).ok_or(PictureError::NotBase64),
            Self::File(bytes) => Ok(bytes.into()),
        });
        Ok(ImageBytes::new(bytes?, limits)?)
    }
}

/// Resolves one picture.
pub(super) async fn one(
    app: &App,
    source: PictureSource,
    part: Part,
) -> Result<Resolved, ServiceError> {
    source.resolve(app).await.map_err(ServiceError::of(part))
}

/// Resolves several at the same time.
pub(super) async fn all(
    app: &App,
    sources: Vec<PictureSource>,
    part: Part,
) -> Result<Vec<Resolved>, ServiceError> {
    try_join_all(sources.into_iter().map(|source| one(app, source, part))).await
}

/// [`Resolved::load`] for a list.
pub(super) fn load_all(
    list: Vec<Resolved>,
    limits: &ImageLimits,
) -> Result<Vec<ImageBytes>, PictureError> {
    list.into_iter()
        .map(|picture| picture.load(limits))
        .collect()
}

/// The text as an address, when it has a scheme: base64 has no colon.
fn address(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text.get(..4096.min(text.len()))?).ok()?;
    let (scheme, _) = text.split_once("://")?;
    let plausible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (!scheme.is_empty() && scheme.chars().all(plausible)).then_some(text)
}

/// The base64 part: a data URI's, or everything.
fn payload(text: &[u8]) -> Option<&[u8]> {
    if !text
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"data:"))
    {
        return Some(text);
    }
    // The part before the comma is a media type and parameters: short.
    let comma = text.iter().take(256).position(|byte| *byte == b',')?;
    let header = text.get(..comma)?.to_ascii_lowercase();
    header
        .ends_with(b";base64")
        .then(|| text.get(comma + 1..))
        .flatten()
}

/// Decodes base64 as clients send it: plain or URL-safe alphabet, with or without padding, line breaks anywhere. `None` when
/// it is none of these.
#[must_use]
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    match base64_simd::forgiving_decode_to_vec(text) {
        Ok(bytes) => Some(bytes),
        Err(_) if text.iter().any(|byte| matches!(byte, b'-' | b'_')) => {
            let plain: Vec<u8> = text
                .iter()
                .map(|byte| match byte {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => *other,
                })
                .collect();
            base64_simd::forgiving_decode_to_vec(&plain).ok()
        }
        Err(_) => None,
    }
}

/// Takes a picture's text apart as a request's is, for the fuzzer.
pub fn take_apart(text: &[u8]) {
    let text = text.trim_ascii();
    let _ = address(text);
    let Some(bytes) = payload(text).and_then(decode_base64) else {
        return;
    };
    // Never more than the text says, and written anew it says the same.
    assert!(bytes.len() <= text.len() / 4 * 3 + 3);
    let again = base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes);
    assert_eq!(decode_base64(again.as_bytes()), Some(bytes));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, line: usize, end: &str) -> String {
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(line)
            .map(String::from_utf8_lossy)
            .collect();
        lines.join(end)
    }

    proptest! {
        #[test]
        fn every_spelling_gives_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 1..400), line in 1_usize..80) {
            let plain = base64_simd::STANDARD.encode_to_string(&bytes);
            let spellings = [
                plain.clone(),
                plain.trim_end_matches('=').to_owned(),
                base64_simd::URL_SAFE.encode_to_string(&bytes),
                base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes),
                wrapped(&plain, line, "\r\n"),
                wrapped(&base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes), line, "\n"),
                format!(" {plain}\n"),
            ];
            for text in spellings {
                let decoded = decode_base64(text.as_bytes());
                prop_assert_eq!(decoded.as_ref(), Some(&bytes), "{}", text);
            }
        }

        #[test]
        fn anything_at_all_is_decoded_or_refused(text in prop::collection::vec(any::<u8>(), 0..300)) {
            let payload = payload(&text);
            let decoded = payload.and_then(decode_base64);
            if let Some(bytes) = decoded {
                prop_assert!(bytes.len() <= text.len());
            }
            let _ = address(&text);
        }
    }

    #[test]
    fn data_uris_are_unwrapped() {
        let cases: [(&str, Option<&str>); 6] = [
            ("data:image/jpeg;base64,/9j/4AAQ", Some("/9j/4AAQ")),
            ("DATA:image/png;charset=utf-8;BASE64,iVBO", Some("iVBO")),
            ("data:;base64,iVBO", Some("iVBO")),
            ("data:image/svg+xml,<svg/>", None),
            ("data:image/jpeg;base64", None),
            ("/9j/4AAQ", Some("/9j/4AAQ")),
        ];
        for (text, wanted) in cases {
            assert_eq!(
                payload(text.as_bytes()),
                wanted.map(str::as_bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_are_told_from_base64() {
        for url in [
            "https://example.com/a.jpg",
            "http://10.0.0.1/",
            "HTTPS://EXAMPLE.COM",
            "file:///etc/passwd",
        ] {
            assert_eq!(address(url.as_bytes()), Some(url));
        }
        for other in [
            "/9j/4AAQSkZJRg",
            "://x",
            "a b://c",
            "data:image/jpeg;base64,/9j/",
            "",
        ] {
            assert_eq!(address(other.as_bytes()), None, "{other}");
        }
    }
}
