//! One field on its way from JSON to a typed value: `fields.number("min_score").between(0.5, 1.0).or(0.6)?`.

use super::invalid::{Invalid, Rule};

/// A field that was absent, or is valid so far, or has broken a rule. It ends in [`Field::required`],
/// [`Field::optional`] or [`Field::or`].
#[derive(Debug)]
pub(crate) struct Field<T> {
    name: String,
    value: Result<Option<T>, Invalid>,
}

impl<T> Field<T> {
    pub(super) fn new(name: &str, value: Result<Option<T>, Invalid>) -> Self {
        Self {
            name: name.to_owned(),
            value,
        }
    }

    /// The value; its absence is `"name" is required`.
    pub(crate) fn required(self) -> Result<T, Invalid> {
        let Self { name, value } = self;
        value?.ok_or(Invalid::new(name, Rule::Required))
    }

    /// The value, if there is one.
    pub(crate) fn optional(self) -> Result<Option<T>, Invalid> {
        self.value
    }

    /// The value, or `default`.
    pub(crate) fn or(self, default: T) -> Result<T, Invalid> {
        Ok(self.value?.unwrap_or(default))
    }

    fn check(self, broken: impl FnOnce(&T) -> Option<Rule>) -> Self {
        let Self { name, value } = self;
        let value = value.and_then(|value| match value.as_ref().and_then(broken) {
            Some(rule) => Err(Invalid::new(&*name, rule)),
            None => Ok(value),
        });
        Self { name, value }
    }

    pub(crate) fn convert<U>(self, into: impl FnOnce(T) -> Result<U, Rule>) -> Field<U> {
        let Self { name, value } = self;
        let value = value.and_then(|value| {
            value
                .map(into)
                .transpose()
                .map_err(|rule| Invalid::new(&*name, rule))
        });
        Field { name, value }
    }
}

impl Field<f64> {
    /// Both ends are allowed.
    pub(super) fn between(self, least: f64, most: f64) -> Self {
        self.check(|value| {
            if *value < least {
                Some(Rule::Below(least))
            } else if *value > most {
                Some(Rule::Above(most))
            } else {
                None
            }
        })
    }

    /// Neither end is allowed.
    pub(super) fn inside(self, least: f64, most: f64) -> Self {
        self.check(|value| {
            if *value <= least {
                Some(Rule::AtMost(least))
            } else if *value >= most {
                Some(Rule::AtLeast(most))
            } else {
                None
            }
        })
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(self, least: u32, most: u32) -> Field<u32> {
        self.check(|value| (value.fract() != 0.0).then_some(Rule::Integer))
            .between(f64::from(least), f64::from(most))
            .convert(|value| Ok(value as u32))
    }
}

impl Field<String> {
    /// At most `characters` of them.
    pub(crate) fn max_length(self, characters: usize) -> Self {
        self.check(|value| {
            (value.chars().count() > characters).then_some(Rule::TooLong(characters))
        })
    }

    /// One of `names`, turned into the value beside it.
    pub(crate) fn one_of<T: Copy>(self, names: &'static [&'static str], values: &[T]) -> Field<T> {
        self.convert(|text| {
            let found = names
                .iter()
                .position(|name| *name == text)
                .and_then(|index| values.get(index));
            found.copied().ok_or(Rule::OneOf(names))
        })
    }
}

impl<T> Field<Vec<T>> {
    /// At most `items` of them.
    pub(crate) fn max_items(self, items: usize) -> Self {
        self.check(|list| (list.len() > items).then_some(Rule::TooManyItems(items)))
    }
}
