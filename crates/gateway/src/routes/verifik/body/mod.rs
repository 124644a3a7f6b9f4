//! Request bodies: JSON to typed requests, refusals in the contract's words.

mod extract;
mod field;
mod fields;
mod invalid;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use extract::{FromFields, Valid, ValidAnywhere};
pub(crate) use field::Field;
pub(crate) use fields::Fields;
pub(crate) use invalid::Rule;
pub(crate) use invalid::{BodyError, Invalid};
pub(crate) use stored::{day, each_once};
