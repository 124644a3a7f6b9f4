//! What answers say in headers, so that their bodies stay the contracts': what the threshold of a search means, and who looks like
//! somebody who was enrolled. Extensions of all dialects.

use std::{convert::Infallible, fmt::Write as _};

use axum::{
    http::{HeaderName, HeaderValue},
    response::{IntoResponseParts, ResponseParts},
};
use gallery::Aim;
use utoipa::openapi::{
    Object, OpenApi, RefOr, Type,
    header::{Header, HeaderBuilder},
    path::{Operation, PathItem},
};

const MIN_SCORE: HeaderName = HeaderName::from_static("x-rostro-min-score");
const FMR: HeaderName = HeaderName::from_static("x-rostro-fmr");
const FPIR: HeaderName = HeaderName::from_static("x-rostro-fpir");
const GALLERY_SIZE: HeaderName = HeaderName::from_static("x-rostro-gallery-size");
const LOOK_ALIKES: HeaderName = HeaderName::from_static("x-rostro-look-alikes");

/// All of them, for web pages of other origins.
pub(crate) const ALL: [HeaderName; 5] = [MIN_SCORE, FMR, FPIR, GALLERY_SIZE, LOOK_ALIKES];

/// The threshold of a search, and what it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchHeaders(Aim);

impl SearchHeaders {
    /// Of a dialect on the core's scale.
    pub(crate) fn new(aim: Aim) -> Self {
        Self(aim)
    }

    /// Of a dialect on another scale, on which the threshold is `min_score`.
    pub(crate) fn on_scale(aim: Aim, min_score: f64) -> Self {
        Self(Aim { min_score, ..aim })
    }
}

impl IntoResponseParts for SearchHeaders {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let Aim {
            min_score,
            fmr,
            faces,
            fpir,
        } = self.0;
        set(&mut parts, MIN_SCORE, &min_score.to_string());
        set(&mut parts, FMR, &format!("{fmr:.2e}"));
        set(&mut parts, FPIR, &format!("{fpir:.2e}"));
        set(&mut parts, GALLERY_SIZE, &faces.to_string());
        Ok(parts)
    }
}

/// Who looks like somebody who was enrolled: ids and scores as the dialect has them. Without any there is no header.
#[derive(Debug)]
pub(crate) struct LookAlikeHeader(pub(crate) Vec<(String, f64)>);

impl IntoResponseParts for LookAlikeHeader {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let each = |(id, score): &(String, f64)| format!("{};score={score}", escaped(id));
        let all: Vec<String> = self.0.iter().map(each).collect();
        if !all.is_empty() {
            set(&mut parts, LOOK_ALIKES, &all.join(", "));
        }
        Ok(parts)
    }
}

fn set(parts: &mut ResponseParts, name: HeaderName, value: &str) {
    // Figures and escaped ids are always a header's value.
    if let Ok(value) = HeaderValue::from_str(value) {
        parts.headers_mut().insert(name, value);
    }
}

/// Percent-encoded, but for letters, digits and `-._~`: callers choose ids of any characters.
fn escaped(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// Adds the headers of searches to the answers of the POST operations at `searches`, and that of look-alikes to what POST, or else PUT,
/// answers at `enrolments`.
pub(crate) fn document(api: &mut OpenApi, searches: &[&str], enrolments: &[&str]) {
    for (path, item) in &mut api.paths.paths {
        let path = path.as_str();
        if searches.contains(&path) {
            add(item, &of_searches());
        }
        if enrolments.contains(&path) {
            add(item, &[of_look_alikes()]);
        }
    }
}

fn add(item: &mut PathItem, headers: &[(HeaderName, Header)]) {
    let PathItem { post, put, .. } = item;
    let Some(Operation { responses, .. }) = post.as_mut().or(put.as_mut()) else {
        return;
    };
    let successes = responses.responses.iter_mut();
    for (_, response) in successes.filter(|(status, _)| status.starts_with('2')) {
        if let RefOr::T(response) = response {
            let headers = headers.iter().cloned();
            let headers = headers.map(|(name, header)| (name.to_string(), RefOr::T(header)));
            response.headers.extend(headers);
        }
    }
}

fn of_searches() -> [(HeaderName, Header); 4] {
    [
        (
            MIN_SCORE,
            header(
                Type::Number,
                "Extension: the least score of this search, by `max_fpir` or as it was asked for. On a search, like the others of its kind.",
            ),
        ),
        (
            FMR,
            header(
                Type::Number,
                "Extension: the share of comparisons of two different people that reach `x-rostro-min-score`, by the model pack's \
                 calibration. Below its last measured anchor it is extrapolated: a straight line in log rate over similarity.",
            ),
        ),
        (
            FPIR,
            header(
                Type::Number,
                "Extension: the expected share of searches for people who are not enrolled that find somebody nevertheless: 1 - (1 - \
                 FMR)^N, where N is `x-rostro-gallery-size`. Of a picture with several faces: for each face.",
            ),
        ),
        (
            GALLERY_SIZE,
            header(
                Type::Integer,
                "Extension: the enrolled faces (not persons: each is compared) among which was searched.",
            ),
        ),
    ]
}

fn of_look_alikes() -> (HeaderName, Header) {
    let told = "Extension: at most five persons of the same collections (of the account, for a person in none) who were enrolled before and \
                look like this one: from `faces.look_alike_score` on, likest first. `<id>;score=0.8312, ...`; an id is percent-encoded but \
                for letters, digits and `-._~`. Absent when there is nobody.";
    (LOOK_ALIKES, header(Type::String, told))
}

fn header(kind: Type, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn ids_of_any_characters_fit_into_a_header() {
        assert_eq!(escaped("F12345"), "F12345");
        assert_eq!(
            escaped("65b9592267cc4f096dbe743d"),
            "65b9592267cc4f096dbe743d"
        );
        assert_eq!(escaped("a;b, c\r\nñ"), "a%3Bb%2C%20c%0D%0A%C3%B1");
    }
}
