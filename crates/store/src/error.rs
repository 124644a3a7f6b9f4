//! What can go wrong. Texts of the database never reach a client: they are the `source` of an error, for the log.

use crate::person::Person;

/// An error of the store. Its `Display` holds no SQL and no personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is away, overloaded, out of disk or too slow: the same call may work later. A write that failed so
    /// is durable either whole or not at all, but which of the two is unknown.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// Concurrent writes kept colliding with this one, which was undone: the same call may work later.
    #[error("the database is busy")]
    Contended(#[source] Cause),
    /// Another account has this name.
    #[error("an account of this name exists")]
    ClientNameTaken,
    /// Another account has this e-mail address.
    #[error("an account with this e-mail address exists")]
    ClientEmailTaken,
    /// No such account.
    #[error("no such account")]
    ClientNotFound,
    /// The account has no such person.
    #[error("no such person")]
    PersonNotFound,
    /// The account has no such collection.
    #[error("no such collection")]
    CollectionNotFound,
    /// Another collection of the account has this name.
    #[error("a collection of this name exists")]
    CollectionNameTaken,
    /// The person has no such face.
    #[error("no such face")]
    FaceNotFound,
    /// The person is not in this collection.
    #[error("the person is not in this collection")]
    NotAMember,
    /// A collection has this person of the same name and date of birth already.
    #[error("a person of this name and date of birth is in the collection")]
    PersonAlreadySet(Box<Person>),
    /// Another person of the account has this id of the caller's.
    #[error("another person has this external id")]
    ExternalIdTaken,
    /// Something else, possibly of another account, has this id.
    #[error("this id is taken")]
    IdTaken,
    /// This key is known already.
    #[error("this key is known already")]
    ApiKeyTaken,
    /// The changes after the asked-for revision are not kept any more.
    #[error("the changes since this revision are not kept any more")]
    RevisionPruned,
    /// A value that cannot be stored: the gateway should have refused it.
    #[error("a value cannot be stored: {0}")]
    InvalidValue(&'static str),
    /// The database holds what this version cannot read: damage, or a newer version's data.
    #[error("stored data cannot be read: {0}")]
    Corrupt(&'static str),
    /// The configured database address cannot be used.
    #[error("the database address is not usable: {0}")]
    Address(&'static str),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[source] Cause),
    /// Encryption is not as it must be: a master key or the key store is missing or the wrong one. One sentence for an operator.
    #[error("{0}")]
    Encryption(String),
    /// The database cannot compare templates itself. One sentence for an operator.
    #[error("{0}")]
    Vectors(String),
    /// Anything else: a fault of this program.
    #[error("the database failed")]
    Database(#[source] Cause),
}

/// What the database said, without the values that it may have quoted. For logs, never for clients.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Cause(pub(crate) String);

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
