//! Ids out of texts. A text that is no id becomes an id that nobody has: malformed, unknown and foreign ids are one case, told
//! where the store says that nothing is there.

use store::{CollectionCode, CollectionRef, PersonId};
use uuid::Uuid;

/// The collection that a text names, by id or code.
pub(super) fn collection(text: &str) -> CollectionRef {
    let nowhere = CollectionRef::Code(CollectionCode::from(Uuid::nil()));
    text.trim().parse().unwrap_or(nowhere)
}

/// The person that a text names.
pub(super) fn person(text: &str) -> PersonId {
    // Ids begin with the time of their making, which is never 1970.
    text.trim().parse().unwrap_or(PersonId::from([0; 12]))
}
