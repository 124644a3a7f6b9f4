//! What is wrong with a request, in no dialect's words.

use std::fmt;

/// Where a request was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Its body.
    Body,
    /// Its query string.
    Query,
}

impl Place {
    /// `body` or `query`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Query => "query",
        }
    }
}

/// One step of the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The field of this name.
    Field(String),
    /// The item at this index, from 0.
    Item(usize),
}

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    /// Where the request was read from.
    pub(crate) place: Place,
    /// The way to the field.
    pub(crate) path: Vec<Step>,
    /// What it breaks.
    pub(crate) rule: Rule,
}

/// The rules of fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// It must be there.
    Required,
    /// It must be a text.
    Text,
    /// It must be a number.
    Number,
    /// It must be a whole number.
    Integer,
    /// It must be `true` or `false`.
    Boolean,
    /// It must be a list.
    List,
    /// It must be an object.
    Object,
    /// It must be a day, `YYYY-MM-DD`.
    Day,
    /// At least so many characters.
    Shorter(usize),
    /// At most so many characters.
    Longer(usize),
    /// At least so many items.
    TooFew(usize),
    /// At most so many items.
    TooMany(usize),
    /// At least this.
    Below(f64),
    /// At most this.
    Above(f64),
    /// More than this.
    AtMost(f64),
    /// Less than this.
    AtLeast(f64),
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// Written as `persons[2].person_id is required`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.path.iter().enumerate() {
            match step {
                Step::Field(name) if number == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        match &self.rule {
            Rule::Required => f.write_str(" is required"),
            Rule::Text => f.write_str(" must be a string"),
            Rule::Number => f.write_str(" must be a number"),
            Rule::Integer => f.write_str(" must be an integer"),
            Rule::Boolean => f.write_str(" must be a boolean"),
            Rule::List => f.write_str(" must be an array"),
            Rule::Object => f.write_str(" must be an object"),
            Rule::Day => f.write_str(" must be a date such as 1990-01-15"),
            Rule::Shorter(least) => write!(f, " must have at least {least} characters"),
            Rule::Longer(most) => write!(f, " must have at most {most} characters"),
            Rule::TooFew(least) => write!(f, " must have at least {least} items"),
            Rule::TooMany(most) => write!(f, " must have at most {most} items"),
            Rule::Below(least) => write!(f, " must be at least {least}"),
            Rule::Above(most) => write!(f, " must be at most {most}"),
            Rule::AtMost(least) => write!(f, " must be greater than {least}"),
            Rule::AtLeast(most) => write!(f, " must be less than {most}"),
            Rule::OneOf(names) => write!(f, " must be one of {}", names.join(", ")),
        }
    }
}

/// Why a body or a query gave no request.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Larger than the server takes.
    #[error("the body is larger than this server accepts")]
    TooLarge,
    /// The connection ended, or timed out, before the body did.
    #[error("the body could not be read")]
    Unreadable,
    /// Not JSON, or not in UTF-8.
    #[error("the body is not valid JSON (line {line}, column {column})")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// Fields break rules; at least one.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Faults(Vec<Fault>),
}
