//! Fields of stored objects: ids, lists of texts, days, and fields that an empty text clears.

use std::{collections::HashSet, hash::Hash};

use store::{CollectionRef, PersonId};
use time::{Date, Month, macros::format_description};

use super::{
    field::Field,
    fields::{Fields, filled},
    invalid::{Invalid, Rule},
};
use crate::routes::{json::Value, verifik::ids};

/// Most collections that a list names.
pub(crate) const MAX_COLLECTIONS: usize = 1000;

/// Most persons that a list names.
pub(crate) const MAX_PEOPLE: usize = 10_000;

impl<'a> Fields<'a> {
    /// A field that an update can clear: `None` when it is absent, `Some(None)` when it is an empty text.
    pub(crate) fn clearable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self) -> Field<T>,
    ) -> Result<Option<Option<T>>, Invalid> {
        match self.find(name) {
            Some(Value::String(text)) if text.trim().is_empty() => Ok(Some(None)),
            _ => Ok(read(self).optional()?.map(Some)),
        }
    }

    /// A day: `YYYY-MM-DD`, with or without a time behind it, or an object of `year`, `month` and `day`.
    pub(crate) fn day(&self, name: &str) -> Field<Date> {
        self.read(name, |value| {
            match value {
                Value::String(text) => day(text),
                Value::Object(entries) => day_of_parts(entries),
                _ => None,
            }
            .ok_or(Rule::Date)
        })
    }

    /// A list of at most so many texts, or one; empty ones are left out.
    pub(crate) fn texts(&self, name: &str, most: usize) -> Field<Vec<String>> {
        let list = self.list(name, most, |item| match item {
            Value::String(text) => Ok(text.trim().to_owned()),
            _ => Err(Rule::String),
        });
        list.convert(|list| Ok(list.into_iter().filter(|text| !text.is_empty()).collect()))
    }

    /// The id of something: a text, or the object whose `_id`, `id` or `code` it is.
    pub(crate) fn id(&self, name: &str) -> Field<String> {
        self.read(name, id)
    }

    /// A collection by id, code, or as an object.
    pub(crate) fn collection(&self, name: &str) -> Field<CollectionRef> {
        self.id(name).convert(|text| Ok(ids::collection(&text)))
    }

    /// Collections in the forms of [`Fields::collection`]: a list, or one, each once. An empty text in it is left out.
    pub(crate) fn collections(&self, name: &str) -> Field<Vec<CollectionRef>> {
        let list = self.list(name, MAX_COLLECTIONS, |item| match item {
            Value::String(text) if text.trim().is_empty() => Ok(None),
            item => id(item).map(|text| Some(ids::collection(&text))),
        });
        list.convert(|list| Ok(each_once(list.into_iter().flatten())))
    }

    /// Persons by id or as objects, each once.
    pub(crate) fn people(&self, name: &str) -> Field<Vec<PersonId>> {
        let list = self.list(name, MAX_PEOPLE, |item| {
            id(item).map(|text| ids::person(&text))
        });
        list.convert(|list| Ok(each_once(list)))
    }

    /// A list of at most so many items, which `read` takes; a value that is no list is a list of one.
    fn list<T>(
        &self,
        name: &str,
        most: usize,
        read: impl Fn(&Value<'a>) -> Result<T, Rule>,
    ) -> Field<Vec<T>> {
        let items = match self.find(name) {
            None => return Field::new(name, Ok(None)),
            Some(Value::Array(items)) if items.len() > most => {
                return Field::new(name, Err(Invalid::new(name, Rule::TooManyItems(most))));
            }
            Some(Value::Array(items)) => items,
            Some(one @ (Value::String(_) | Value::Object(_))) => {
                return Field::new(name, item(name, one, &read).map(|one| Some(vec![one])));
            }
            Some(_) => return Field::new(name, Err(Invalid::new(name, Rule::Array))),
        };
        let items = items
            .iter()
            .enumerate()
            .map(|(index, value)| item(&format!("{name}[{index}]"), value, &read));
        Field::new(name, items.collect::<Result<Vec<_>, _>>().map(Some))
    }
}

/// The items in their order, without those that were there before.
pub(crate) fn each_once<T: Eq + Hash + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    let fresh = items.into_iter().filter(|item| seen.insert(item.clone()));
    fresh.collect()
}

fn item<'a, T>(
    name: &str,
    value: &Value<'a>,
    read: impl Fn(&Value<'a>) -> Result<T, Rule>,
) -> Result<T, Invalid> {
    read(value).map_err(|rule| Invalid::new(name, rule))
}

fn id(value: &Value<'_>) -> Result<String, Rule> {
    let Value::Object(entries) = value else {
        return filled(value).map(str::to_owned);
    };
    let keys = ["_id", "id", "code"];
    let known = keys
        .iter()
        .find_map(|key| match entries.iter().find(|(name, _)| name == key) {
            Some((_, Value::String(text))) if !text.is_empty() => Some(text),
            _ => None,
        });
    known.map(|text| text.clone().into_owned()).ok_or(Rule::Id)
}

/// A day out of a text; a time behind it is ignored.
pub(crate) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let (day, rest) = text.split_at_checked(10)?;
    if !(rest.is_empty() || rest.starts_with(['T', ' '])) {
        return None;
    }
    Date::parse(day, format_description!("[year]-[month]-[day]")).ok()
}

fn day_of_parts(entries: &[(std::borrow::Cow<'_, str>, Value<'_>)]) -> Option<Date> {
    let part = |wanted: &str| match entries.iter().find(|(name, _)| name == wanted) {
        Some((_, Value::Number(number))) if number.fract() == 0.0 => Some(*number),
        _ => None,
    };
    let (year, month, day) = (part("year")?, part("month")?, part("day")?);
    if !(0.0..=9999.0).contains(&year)
        || !(1.0..=12.0).contains(&month)
        || !(1.0..=31.0).contains(&day)
    {
        return None;
    }
    Date::from_calendar_date(year as i32, Month::try_from(month as u8).ok()?, day as u8).ok()
}
