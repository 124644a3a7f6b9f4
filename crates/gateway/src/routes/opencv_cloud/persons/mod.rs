//! Persons: enrolment, by id, in lists, and their pictures. A person belongs to the account, and to any number of collections.

pub(super) mod bulk;
pub(super) mod create;
mod fields;
pub(super) mod images;
pub(super) mod list;
mod object;
pub(super) mod one;

pub(super) use object::{PersonMatch, matches, matches_of_many};
