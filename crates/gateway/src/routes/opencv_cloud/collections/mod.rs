//! Collections: by id, in lists, and who is in them. Answers show how many persons each has.

mod fields;
pub(super) mod list;
mod object;
pub(super) mod one;
pub(super) mod people;

pub(super) use object::CollectionObject;
