//! The fields of a body: taken one by one in the order of the route's schema, so that the first one that breaks a rule is
//! the one that is named, as the clients are used to.

use std::borrow::Cow;

use bytes::Bytes;

use super::{
    field::Field,
    invalid::{BodyError, Invalid, Rule},
};
use crate::routes::{json::Value, verifik::document::SearchMode};
use service::PictureSource;

/// Pictures that one list may hold. The service that the contract describes takes three of one person.
pub(crate) const MAX_PICTURES: usize = 10;

/// Fields of a query string that are looked at.
const MAX_QUERY_FIELDS: usize = 100;

/// The fields of a JSON object. `null` is the same as absent: clients send it for fields that they leave out.
pub(crate) struct Fields<'a> {
    body: &'a Bytes,
    entries: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Fields<'a> {
    /// Reads the body's JSON. No body at all is an object without fields.
    pub(crate) fn parse(body: &'a Bytes) -> Result<Self, BodyError> {
        let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self {
                body,
                entries: Vec::new(),
            });
        }
        match Value::parse(text) {
            Ok(Value::Object(entries)) => Ok(Self { body, entries }),
            Ok(_) => Err(BodyError::NotAnObject),
            Err(error) => Err(BodyError::Syntax {
                line: error.line(),
                column: error.column(),
            }),
        }
    }

    /// As [`Fields::parse`], with the fields of a query string beside them; the body's win.
    pub(crate) fn parse_with_query(body: &'a Bytes, query: &str) -> Result<Self, BodyError> {
        let mut fields = Self::parse(body)?;
        let query = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            let (name, value) = (name.into_owned(), value.into_owned());
            (Cow::Owned(name), Value::String(Cow::Owned(value)))
        });
        fields.entries.splice(0..0, query.take(MAX_QUERY_FIELDS));
        Ok(fields)
    }

    /// Whether the field is there and not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A number from `least` to `most`, or a text that is one.
    pub(crate) fn number(&self, name: &str, least: f64, most: f64) -> Field<f64> {
        self.any_number(name).between(least, most)
    }

    /// A number above `least` and below `most`, likewise.
    pub(crate) fn number_inside(&self, name: &str, least: f64, most: f64) -> Field<f64> {
        self.any_number(name).inside(least, most)
    }

    /// A whole number from `least` to `most`, likewise.
    pub(crate) fn whole(&self, name: &str, least: u32, most: u32) -> Field<u32> {
        self.any_number(name).whole(least, most)
    }

    /// A number, or a string that is one.
    fn any_number(&self, name: &str) -> Field<f64> {
        self.read(name, |value| match value {
            Value::Number(number) => Ok(*number),
            Value::String(text) => text
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or(Rule::Number),
            _ => Err(Rule::Number),
        })
    }

    /// `true`, `false`, or a string that says so.
    pub(crate) fn boolean(&self, name: &str) -> Field<bool> {
        self.read(name, |value| match value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Rule::Boolean),
        })
    }

    /// A string that is not empty.
    pub(crate) fn text(&self, name: &str) -> Field<String> {
        self.read(name, |value| Ok(filled(value)?.to_owned()))
    }

    /// A string, also an empty one.
    pub(crate) fn any_text(&self, name: &str) -> Field<String> {
        self.read(name, |value| match value {
            Value::String(text) => Ok(text.clone().into_owned()),
            _ => Err(Rule::String),
        })
    }

    /// A string that is not empty, or a number in its place.
    pub(crate) fn text_or_number(&self, name: &str) -> Field<String> {
        self.read(name, |value| match value {
            Value::Number(number) => Ok(number.to_string()),
            _ => Ok(filled(value)?.to_owned()),
        })
    }

    /// `FAST` or `ACCURATE`.
    pub(crate) fn search_mode(&self, name: &str) -> Field<SearchMode> {
        self.text(name).one_of(
            &["FAST", "ACCURATE"],
            &[SearchMode::Fast, SearchMode::Accurate],
        )
    }

    /// One picture under `name`. A list of one is taken too, and so is the spelling with the other number: `images` where
    /// `image` is documented.
    pub(crate) fn picture(&self, name: &str) -> Field<PictureSource> {
        let other = format!("{name}s");
        let name = if !self.has(name) && self.has(&other) {
            &other
        } else {
            name
        };
        let list = match self.find(name) {
            Some(Value::Array(_)) => self.pictures(name).max_items(1),
            // A string is what is documented, so that is what a wrong type is told.
            _ => self.read(name, |value| Ok(vec![self.source(filled(value)?)])),
        };
        list.convert(|list| list.into_iter().next().ok_or(Rule::NoItem))
    }

    /// One or more pictures of one person: a list, or one string. `image` stands for `images`.
    pub(crate) fn pictures(&self, name: &str) -> Field<Vec<PictureSource>> {
        self.pictures_up_to(MAX_PICTURES, name)
    }

    /// [`Fields::pictures`], at most `most` of them.
    pub(crate) fn pictures_up_to(&self, most: usize, name: &str) -> Field<Vec<PictureSource>> {
        let name = match name.strip_suffix('s') {
            Some(singular) if !self.has(name) && self.has(singular) => singular,
            _ => name,
        };
        let Some(Value::Array(items)) = self.find(name) else {
            return self.read(name, |value| match value {
                Value::String(_) => Ok(vec![self.source(filled(value)?)]),
                _ => Err(Rule::Array),
            });
        };
        if items.len() > most {
            return Field::new(name, Err(Invalid::new(name, Rule::TooManyItems(most))));
        }
        let sources = items
            .iter()
            .enumerate()
            .map(|(index, item)| match filled(item) {
                Ok(text) => Ok(self.source(text)),
                Err(rule) => Err(Invalid::new(format!("{name}[{index}]"), rule)),
            });
        let list = match items.is_empty() {
            true => Err(Invalid::new(name, Rule::NoItem)),
            false => sources.collect::<Result<Vec<_>, _>>().map(Some),
        };
        Field::new(name, list)
    }

    fn source(&self, text: &str) -> PictureSource {
        // Without escapes the text lies in the body, and is shared instead of copied.
        let inside = self.body.as_ptr_range().contains(&text.as_ptr());
        PictureSource::new(match inside {
            true => self.body.slice_ref(text.as_bytes()),
            false => Bytes::copy_from_slice(text.as_bytes()),
        })
    }

    pub(super) fn read<T>(
        &self,
        name: &str,
        into: impl FnOnce(&Value<'a>) -> Result<T, Rule>,
    ) -> Field<T> {
        let value = self.find(name).map(into).transpose();
        Field::new(name, value.map_err(|rule| Invalid::new(name, rule)))
    }

    pub(super) fn find(&self, name: &str) -> Option<&Value<'a>> {
        // The last of a repeated key counts, as in JavaScript.
        let entry = self.entries.iter().rev().find(|(key, _)| key == name);
        entry
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }
}

pub(super) fn filled<'v>(value: &'v Value<'_>) -> Result<&'v str, Rule> {
    match value {
        Value::String(text) if text.is_empty() => Err(Rule::Empty),
        Value::String(text) => Ok(text),
        _ => Err(Rule::String),
    }
}
