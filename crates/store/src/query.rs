//! Listing: filters, sorting and paging, as types that only hold what the databases can do.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A thing that lists can be filtered and sorted by.
pub trait Field: Copy + Send + Sync + 'static {
    /// The column that holds it, and how to read a value for it.
    fn column(self) -> (&'static str, FieldKind);
}

/// How the values of a field are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text, compared as it is.
    Text,
    /// Any text, compared in lower case.
    Folded,
    /// A whole number.
    Integer,
    /// `YYYY-MM-DD`; what follows a `T` is ignored.
    Date,
    /// RFC 3339, `YYYY-MM-DD`, or milliseconds since 1970.
    Moment,
    /// A UUID.
    Uuid,
    /// A list of texts; a condition asks about its members.
    List,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It equals the value.
    Equal,
    /// It does not equal the value, or is empty.
    NotEqual,
    /// It is greater than the value.
    Greater,
    /// It is less than the value.
    Less,
    /// It equals one of the values.
    In,
    /// It contains the value, in any case. Texts and lists only.
    Contains,
}

/// A condition that no row can be tested against: a value of the wrong kind, or a comparison that the field does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a condition that cannot be tested")]
pub struct InvalidCondition;

/// A value of the kind that its field has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Integer(i64),
    Date(Date),
    Uuid(Uuid),
}

/// A condition on a field of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<F> {
    pub(crate) field: F,
    pub(crate) comparison: Comparison,
    pub(crate) operands: Vec<Operand>,
}

impl<F: Field> Condition<F> {
    /// A condition with the texts of a query string; all but `In` take the first one.
    ///
    /// # Errors
    /// When a text is no value for the field, or the field cannot be compared so.
    pub fn new<T: AsRef<str>>(
        field: F,
        comparison: Comparison,
        values: &[T],
    ) -> Result<Self, InvalidCondition> {
        let kind = field.column().1;
        let possible = match comparison {
            Comparison::Equal | Comparison::NotEqual | Comparison::In => true,
            Comparison::Greater | Comparison::Less => {
                !matches!(kind, FieldKind::Uuid | FieldKind::List)
            }
            Comparison::Contains => {
                matches!(kind, FieldKind::Text | FieldKind::Folded | FieldKind::List)
            }
        };
        let count = if comparison == Comparison::In {
            values.len()
        } else {
            1
        };
        let values = values
            .get(..count)
            .filter(|_| possible)
            .ok_or(InvalidCondition)?;
        let operands = values
            .iter()
            .map(|value| operand(kind, value.as_ref()))
            .collect::<Option<_>>()
            .ok_or(InvalidCondition)?;
        Ok(Self {
            field,
            comparison,
            operands,
        })
    }
}

fn operand(kind: FieldKind, value: &str) -> Option<Operand> {
    match kind {
        FieldKind::Text | FieldKind::List => Some(Operand::Text(value.to_owned())),
        FieldKind::Folded => Some(Operand::Text(folded(value))),
        FieldKind::Integer => value.parse().ok().map(Operand::Integer),
        FieldKind::Date => date(value).map(Operand::Date),
        FieldKind::Moment => moment(value).map(Operand::Integer),
        FieldKind::Uuid => Uuid::try_parse(value).ok().map(Operand::Uuid),
    }
}

fn date(value: &str) -> Option<Date> {
    let day = value.split_once('T').map_or(value, |(day, _)| day);
    Date::parse(day, format_description!("[year]-[month]-[day]")).ok()
}

fn moment(value: &str) -> Option<i64> {
    if let Ok(millis) = value.parse() {
        return Some(millis);
    }
    let moment = OffsetDateTime::parse(value, &Rfc3339)
        .ok()
        .or_else(|| Some(date(value)?.midnight().assume_utc()))?;
    Some(to_millis(moment))
}

/// Whole milliseconds since 1970, the form in which moments are stored.
pub(crate) fn to_millis(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp_nanos().div_euclid(1_000_000) as i64
}

/// The form in which names are searched and sorted.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A field to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<F> {
    /// The field. Empty ones come first when ascending.
    pub field: F,
    /// Greatest first.
    pub descending: bool,
}

/// What a list shall hold, in which order, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<F> {
    /// All must hold.
    pub conditions: Vec<Condition<F>>,
    /// In this order; what remains equal is sorted by id, oldest first.
    pub sort: Vec<Sort<F>>,
    /// How many to leave out at the start.
    pub offset: u64,
    /// How many to return at most.
    pub limit: u32,
}

impl<F> Default for Listing<F> {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            sort: Vec::new(),
            offset: 0,
            limit: u32::MAX,
        }
    }
}

/// One part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The asked-for part.
    pub items: Vec<T>,
    /// How many there are in all parts.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::PersonField;

    #[test]
    fn values_are_read_as_their_field_wants() {
        let condition = |field, comparison, value: &str| {
            Condition::new(field, comparison, &[value]).map(|condition| condition.operands)
        };
        assert_eq!(
            condition(PersonField::Name, Comparison::Contains, "ÁNA"),
            Ok(vec![Operand::Text("ána".to_owned())])
        );
        assert_eq!(
            condition(PersonField::CreatedAt, Comparison::Greater, "1970-01-02"),
            Ok(vec![Operand::Integer(86_400_000)])
        );
        assert_eq!(
            condition(
                PersonField::CreatedAt,
                Comparison::Greater,
                "1970-01-01T00:00:01.5Z"
            ),
            Ok(vec![Operand::Integer(1500)])
        );
        assert_eq!(
            condition(PersonField::CreatedAt, Comparison::Less, "7"),
            Ok(vec![Operand::Integer(7)])
        );
        let born = condition(
            PersonField::DateOfBirth,
            Comparison::Equal,
            "1990-01-15T00:00:00.000Z",
        )
        .unwrap();
        assert_eq!(born, [Operand::Date(time::macros::date!(1990 - 01 - 15))]);
        assert_eq!(
            condition(PersonField::DateOfBirth, Comparison::Equal, "15.1.1990"),
            Err(InvalidCondition)
        );
        assert_eq!(
            condition(PersonField::Version, Comparison::Equal, "one"),
            Err(InvalidCondition)
        );
        assert_eq!(
            condition(PersonField::Version, Comparison::Contains, "1"),
            Err(InvalidCondition)
        );
        assert_eq!(
            condition(PersonField::Emails, Comparison::Greater, "a"),
            Err(InvalidCondition)
        );
        assert_eq!(
            Condition::<PersonField>::new::<&str>(PersonField::Name, Comparison::Equal, &[]),
            Err(InvalidCondition)
        );
    }
}
