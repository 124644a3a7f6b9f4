//! Collections: by id, in lists, and who is in them. Answers show how many persons each has.

mod fields;
pub(super) mod list;
mod object;
pub(super) mod one;
pub(super) mod people;

pub(super) use object::CollectionObject;

/// Reads the bodies about collections themselves, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub(super) fn read_any(body: &bytes::Bytes, query: &str) {
    use crate::routes::opencv::body::read_any;
    read_any::<fields::CreateCollection>(body, query);
    read_any::<fields::UpdateCollection>(body, query);
}
