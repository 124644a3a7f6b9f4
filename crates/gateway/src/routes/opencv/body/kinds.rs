//! The kinds of values that fields have.

use std::ops::RangeInclusive;

use serde_json::{Map, Value as Json};
use time::{Date, macros::format_description};

use super::{
    Rule,
    reader::{Input, Kind},
};
use crate::routes::json::Value;
use service::PictureSource;

/// A text of so many characters.
pub(crate) fn text(length: RangeInclusive<usize>) -> impl Kind<String> {
    move |input: &Input<'_, '_>| {
        let text = input.text()?;
        match text.chars().count() {
            short if short < *length.start() => Err(Rule::Shorter(*length.start())),
            long if long > *length.end() => Err(Rule::Longer(*length.end())),
            _ => Ok(text.to_owned()),
        }
    }
}

/// A number within these bounds.
pub(crate) fn number(bounds: RangeInclusive<f64>) -> impl Kind<f64> {
    move |input: &Input<'_, '_>| within(raw_number(input, false)?, &bounds)
}

/// A number, or a text that is one.
pub(crate) fn number_or_text(bounds: RangeInclusive<f64>) -> impl Kind<f64> {
    move |input: &Input<'_, '_>| within(raw_number(input, true)?, &bounds)
}

/// A number above 0 and below 1, or a text that is one.
pub(crate) fn rate(input: &Input<'_, '_>) -> Result<f64, Rule> {
    match raw_number(input, true)? {
        low if low <= 0.0 => Err(Rule::AtMost(0.0)),
        high if high >= 1.0 => Err(Rule::AtLeast(1.0)),
        rate => Ok(rate),
    }
}

/// A whole number within these bounds.
pub(crate) fn integer(bounds: RangeInclusive<u32>) -> impl Kind<u32> {
    move |input: &Input<'_, '_>| {
        let number = raw_number(input, false).map_err(|_| Rule::Integer)?;
        if number.fract() != 0.0 {
            return Err(Rule::Integer);
        }
        let bounds = f64::from(*bounds.start())..=f64::from(*bounds.end());
        within(number, &bounds).map(|number| number as u32)
    }
}

fn raw_number(input: &Input<'_, '_>, or_text: bool) -> Result<f64, Rule> {
    match input.value() {
        Value::Number(number) => Ok(*number),
        Value::String(text) if or_text || input.is_text_only() => {
            let number = text.trim().parse::<f64>().ok();
            number.filter(|n| n.is_finite()).ok_or(Rule::Number)
        }
        _ => Err(Rule::Number),
    }
}

fn within(number: f64, bounds: &RangeInclusive<f64>) -> Result<f64, Rule> {
    if number < *bounds.start() {
        Err(Rule::Below(*bounds.start()))
    } else if number > *bounds.end() {
        Err(Rule::Above(*bounds.end()))
    } else {
        Ok(number)
    }
}

/// `true` or `false`.
pub(crate) fn boolean(input: &Input<'_, '_>) -> Result<bool, Rule> {
    match input.value() {
        Value::Bool(value) => Ok(*value),
        _ => Err(Rule::Boolean),
    }
}

/// One of `names`, which becomes the value beside it.
pub(crate) fn one_of<T: Copy>(
    names: &'static [&'static str],
    values: &'static [T],
) -> impl Kind<T> {
    move |input: &Input<'_, '_>| {
        let text = input.text()?;
        let found = names.iter().position(|name| *name == text);
        let value = found.and_then(|index| values.get(index));
        value.copied().ok_or(Rule::OneOf(names))
    }
}

/// A picture in base64; what it is shows when it is decoded.
pub(crate) fn picture(input: &Input<'_, '_>) -> Result<PictureSource, Rule> {
    input.picture()
}

/// A day, with or without a time behind it.
pub(crate) fn day(input: &Input<'_, '_>) -> Result<Date, Rule> {
    let text = input.text()?;
    let day = text.split_once('T').map_or(text, |(day, _)| day);
    Date::parse(day, format_description!("[year]-[month]-[day]")).map_err(|_| Rule::Day)
}

/// An object of texts: at most so many, of so many bytes in all, names included.
pub(crate) fn texts_by_name(items: usize, bytes: usize) -> impl Kind<Map<String, Json>> {
    move |input: &Input<'_, '_>| {
        let Value::Object(entries) = input.value() else {
            return Err(Rule::Object);
        };
        if entries.len() > items {
            return Err(Rule::TooMany(items));
        }
        let mut map = Map::new();
        let mut length = 0;
        for (name, value) in entries {
            let Value::String(text) = value else {
                return Err(Rule::Text);
            };
            length += name.len() + text.len();
            map.insert(name.to_string(), Json::from(text.as_ref()));
        }
        if length > bytes {
            return Err(Rule::Longer(bytes));
        }
        Ok(map)
    }
}
