//! What is wrong with a body, in the words of the validator that the clients know (Joi): they read the quoted field name
//! out of the message.

/// A field that breaks its rule. Displayed as the contract's text, for example `"os" is required`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("\"{field}\" {rule}")]
pub(crate) struct Invalid {
    /// The field, with an index for an entry of a list: `images[0]`.
    pub(crate) field: String,
    /// The rule that it breaks.
    pub(crate) rule: Rule,
}

impl Invalid {
    /// `field` breaks `rule`.
    pub(crate) fn new(field: impl Into<String>, rule: Rule) -> Self {
        Self {
            field: field.into(),
            rule,
        }
    }
}

/// The rules.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Rule {
    #[error("is required")]
    Required,
    #[error("is not allowed to be empty")]
    Empty,
    #[error("must be a string")]
    String,
    #[error("must be a number")]
    Number,
    #[error("must be an integer")]
    Integer,
    #[error("must be a boolean")]
    Boolean,
    #[error("must be an array")]
    Array,
    #[error("must be a valid date")]
    Date,
    #[error("must have an _id")]
    Id,
    #[error("does not contain 1 required value(s)")]
    NoItem,
    #[error("must contain less than or equal to {0} items")]
    TooManyItems(usize),
    #[error("length must be less than or equal to {0} characters long")]
    TooLong(usize),
    #[error("must be greater than or equal to {0}")]
    Below(f64),
    #[error("must be less than or equal to {0}")]
    Above(f64),
    #[error("must be greater than {0}")]
    AtMost(f64),
    #[error("must be less than {0}")]
    AtLeast(f64),
    #[error("must be one of [{}]", .0.join(", "))]
    OneOf(&'static [&'static str]),
}

/// Why a body gave no request.
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
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}
