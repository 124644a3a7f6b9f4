//! Bodies and queries, read field by field into typed requests. All that is wrong is found, not only the first: one of the
//! dialects tells all of it.

mod fault;
mod kinds;
mod read;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use fault::{BodyError, Fault, Place, Rule, Step};
pub(crate) use kinds::{
    boolean, day, integer, number, number_or_text, one_of, picture, rate, text, texts_by_name,
};
#[cfg(any(test, fuzzing))]
pub(crate) use read::read_any;
pub(crate) use read::{FromReader, read_body, read_body_or_query, read_query};
pub(crate) use reader::{Input, Reader};
