//! Which faces a shelf holds.

use store::{ClientId, CollectionId};

/// Which faces a shelf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Those of the persons in one collection.
    Collection(CollectionId),
    /// Those of an account's persons that are in no collection.
    Loose(ClientId),
}
