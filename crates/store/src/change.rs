//! The order of committed changes, which search indexes follow.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::encryption::KeyFate;
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionId, FaceId, PersonId};

/// A place in the order of committed changes. A follower that has applied all changes up to a revision has the state that
/// the database had then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub(crate) i64);

impl Revision {
    /// Before the first change.
    pub const ZERO: Self = Self(0);

    /// As a number, for logs and metrics.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for Revision {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The outcome of a write, durable, and the revision that an index must have reached before the outcome is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed<T> {
    /// The outcome.
    pub value: T,
    /// At or after the last change of the write.
    pub revision: Revision,
    /// What became of the data keys of those who were deleted.
    pub key: KeyFate,
}

impl<T> Committed<T> {
    /// The same commit with another outcome.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Committed<U> {
        Committed {
            value: f(self.value),
            revision: self.revision,
            key: self.key,
        }
    }
}

/// One committed change. It says what is different, not how it is now: who follows reads that from the tables, and so may
/// see the effect of a later change early. Applying changes must therefore bear being told twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Strictly increasing, over all accounts, in the order of commits.
    pub revision: Revision,
    /// The account.
    pub client: ClientId,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A face was enrolled; its template and collections are to be read.
    FaceAdded {
        /// Its person.
        person: PersonId,
        /// The face.
        face: FaceId,
    },
    /// A face is gone, its person stays.
    FaceRemoved {
        /// Its person.
        person: PersonId,
        /// The face.
        face: FaceId,
    },
    /// A person is now in a collection.
    MembershipAdded {
        /// The person.
        person: PersonId,
        /// The collection.
        collection: CollectionId,
    },
    /// A person is not in a collection any more.
    MembershipRemoved {
        /// The person.
        person: PersonId,
        /// The collection.
        collection: CollectionId,
    },
    /// A person is gone, with all faces and memberships, which are not told one by one.
    PersonRemoved {
        /// The person.
        person: PersonId,
    },
    /// A collection is gone; all memberships in it ended, which are not told one by one. Its persons stay.
    CollectionRemoved {
        /// The collection.
        collection: CollectionId,
    },
}

/// Following the order of changes.
#[async_trait]
pub trait Changes {
    /// The newest revision.
    async fn revision(&self) -> Result<Revision, StoreError>;

    /// The changes after a revision, in order: `limit` of them, or a few more, because the changes of one transaction are
    /// never parted. `RevisionPruned` when some of them are deleted: the follower has to start from a new scan.
    async fn changes_since(
        &self,
        revision: Revision,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError>;

    /// Deletes the oldest changes, as far as they were committed at least `age` ago: `limit` of them, or a few more, because the
    /// changes of one transaction are never parted. How many were deleted. A follower that has not seen them is told
    /// `RevisionPruned`.
    async fn prune_changes(&self, age: Duration, limit: u32) -> Result<u64, StoreError>;

    /// Shows the newest revision that this node knows of: at once for its own writes, soon for those of other nodes.
    fn watch(&self) -> watch::Receiver<Revision>;
}
