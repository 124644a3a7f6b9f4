//! The fields of an object, taken one by one; what is wrong with them is gathered.

use std::{borrow::Cow, cell::RefCell, rc::Rc};

use bytes::Bytes;

use super::{Fault, Place, Rule, Step};
use crate::routes::json::Value;
use service::PictureSource;

/// The fields of a JSON object, or of a query. `null` is the same as absent. Fields that nobody asks for are ignored.
pub(crate) struct Reader<'v, 'a> {
    source: &'v Source<'a>,
    entries: &'v [(Cow<'a, str>, Value<'a>)],
    path: Vec<Step>,
    faults: Rc<RefCell<Vec<Fault>>>,
}

/// What is read from.
pub(super) struct Source<'a> {
    pub(super) place: Place,
    /// The bytes that the values borrow from.
    pub(super) bytes: &'a Bytes,
}

/// One value, on its way to a type.
pub(crate) struct Input<'v, 'a> {
    source: &'v Source<'a>,
    value: &'v Value<'a>,
}

impl<'v, 'a> Input<'v, 'a> {
    /// The value.
    pub(crate) fn value(&self) -> &'v Value<'a> {
        self.value
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Result<&'v str, Rule> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(Rule::Text),
        }
    }

    /// Whether numbers come as texts: in a query.
    pub(crate) fn is_text_only(&self) -> bool {
        self.source.place == Place::Query
    }

    /// The text as a picture. Base64 is meant: an address is never fetched for these dialects.
    pub(crate) fn picture(&self) -> Result<PictureSource, Rule> {
        let text = self.text()?.as_bytes();
        // Without escapes the text lies in the body, and is shared instead of copied.
        let body = self.source.bytes;
        let inside = body.as_ptr_range().contains(&text.as_ptr());
        Ok(PictureSource::base64(match inside {
            true => body.slice_ref(text),
            false => Bytes::copy_from_slice(text),
        }))
    }
}

/// How one value becomes a `T`.
pub(crate) trait Kind<T>: Fn(&Input<'_, '_>) -> Result<T, Rule> {}

impl<T, F: Fn(&Input<'_, '_>) -> Result<T, Rule>> Kind<T> for F {}

impl<'v, 'a> Reader<'v, 'a> {
    pub(super) fn new(source: &'v Source<'a>, entries: &'v [(Cow<'a, str>, Value<'a>)]) -> Self {
        Self {
            source,
            entries,
            path: Vec::new(),
            faults: Rc::default(),
        }
    }

    /// A field that must be there. `None` when something is wrong, which is noted.
    pub(crate) fn required<T>(&self, name: &str, kind: impl Kind<T>) -> Option<T> {
        let read = self.optional(name, kind)?;
        if read.is_none() {
            self.note(name, None, Rule::Required);
        }
        read
    }

    /// A field, or `default`.
    pub(crate) fn or<T>(&self, name: &str, default: T, kind: impl Kind<T>) -> Option<T> {
        Some(self.optional(name, kind)?.unwrap_or(default))
    }

    /// A field that may be absent: `Some(None)`. `None` when something is wrong.
    pub(crate) fn optional<T>(&self, name: &str, kind: impl Kind<T>) -> Option<Option<T>> {
        match self.find(name) {
            None => Some(None),
            Some(value) => self.take(name, None, value, &kind).map(Some),
        }
    }

    /// A list of `least` to `most` items; [`Reader::optional`] in its other ways.
    pub(crate) fn optional_list<T>(
        &self,
        name: &str,
        (least, most): (usize, usize),
        kind: impl Kind<T>,
    ) -> Option<Option<Vec<T>>> {
        let Some(items) = self.items(name, least, most)? else {
            return Some(None);
        };
        let take = |(index, value)| self.take(name, Some(index), value, &kind);
        // All items, so that all that is wrong is noted.
        let items: Vec<Option<T>> = items.iter().enumerate().map(take).collect();
        items.into_iter().collect::<Option<Vec<T>>>().map(Some)
    }

    /// A list that must be there.
    pub(crate) fn list<T>(
        &self,
        name: &str,
        bounds: (usize, usize),
        kind: impl Kind<T>,
    ) -> Option<Vec<T>> {
        let read = self.optional_list(name, bounds, kind)?;
        if read.is_none() {
            self.note(name, None, Rule::Required);
        }
        read
    }

    /// A list of objects that must be there, each read by `read`.
    pub(crate) fn objects<T>(
        &self,
        name: &str,
        (least, most): (usize, usize),
        read: impl Fn(&Reader<'_, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(items) = self.items(name, least, most)? else {
            self.note(name, None, Rule::Required);
            return None;
        };
        let take = |(index, value): (usize, &Value<'a>)| match value {
            Value::Object(entries) => {
                let mut path = self.path.clone();
                path.extend([Step::Field(name.to_owned()), Step::Item(index)]);
                read(&Reader {
                    source: self.source,
                    entries,
                    path,
                    faults: Rc::clone(&self.faults),
                })
            }
            _ => {
                self.note(name, Some(index), Rule::Object);
                None
            }
        };
        let items: Vec<Option<T>> = items.iter().enumerate().map(take).collect();
        items.into_iter().collect()
    }

    /// An object, read by `read`; [`Reader::optional`] in its other ways.
    pub(crate) fn optional_object<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Reader<'_, '_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let Some(value) = self.find(name) else {
            return Some(None);
        };
        let Value::Object(entries) = value else {
            self.note(name, None, Rule::Object);
            return None;
        };
        let mut path = self.path.clone();
        path.push(Step::Field(name.to_owned()));
        let inner = Reader {
            source: self.source,
            entries,
            path,
            faults: Rc::clone(&self.faults),
        };
        read(&inner).map(Some)
    }

    /// Everything that is wrong so far.
    pub(super) fn faults(&self) -> Vec<Fault> {
        self.faults.take()
    }

    /// The items of a list within these bounds, if there is one.
    fn items(&self, name: &str, least: usize, most: usize) -> Option<Option<&'v [Value<'a>]>> {
        let items = match self.find(name) {
            None => return Some(None),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.note(name, None, Rule::List);
                return None;
            }
        };
        let rule = match items.len() {
            few if few < least => Rule::TooFew(least),
            many if many > most => Rule::TooMany(most),
            _ => return Some(Some(items)),
        };
        self.note(name, None, rule);
        None
    }

    fn take<T>(
        &self,
        name: &str,
        index: Option<usize>,
        value: &'v Value<'a>,
        kind: &impl Kind<T>,
    ) -> Option<T> {
        let source = self.source;
        kind(&Input { source, value })
            .map_err(|rule| self.note(name, index, rule))
            .ok()
    }

    fn find(&self, name: &str) -> Option<&'v Value<'a>> {
        // The last of a repeated key counts, as in JavaScript and Python.
        let entry = self.entries.iter().rev().find(|(key, _)| key == name);
        entry
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    fn note(&self, name: &str, index: Option<usize>, rule: Rule) {
        let mut path = self.path.clone();
        path.push(Step::Field(name.to_owned()));
        path.extend(index.map(Step::Item));
        self.faults.borrow_mut().push(Fault {
            place: self.source.place,
            path,
            rule,
        });
    }
}
