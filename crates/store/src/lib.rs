//! The durable store of Rostro: accounts, persons, collections, faces, in Postgres or SQLite.
//!
//! [`open`] gives a [`Catalog`], the one trait over both databases. The same SQL serves both (module `sql`); what differs
//! between them (how to connect, lock, wake followers and name errors) is in module `db`.
//!
//! Rules that hold for every method:
//! * what belongs to an account is found only with that account's [`ClientId`]; a foreign id and an unknown id are one case;
//! * a write is one transaction in a task of its own: it happens whole or not at all, also when its caller goes away;
//! * a write that answered is durable.

mod access;
mod audit;
mod backup;
mod catalog;
mod change;
mod client;
mod collection;
mod db;
mod encryption;
mod error;
mod face;
mod ids;
mod open;
mod person;
mod query;
mod reembedding;
mod retention;
mod sql;
mod vault;
mod vectors;

pub use access::{ApiKey, ApiKeys, CodeCheck, LoginChannel, LoginCodes, NewApiKey};
pub use audit::{
    Audit, AuditCheck, AuditEnds, AuditFault, AuditHash, AuditPoint, AuditRow, Seal, SealKey,
    Verification, check_audit,
};
pub use backup::{Backup, Imported, PersonRecord, Record};
pub use catalog::Catalog;
pub use change::{Change, ChangeKind, Changes, Committed, Revision};
pub use client::{Client, ClientUpdate, NewClient};
pub use collection::{
    Collection, CollectionField, CollectionRef, CollectionUpdate, Collections, NewCollection,
};
pub use encryption::{Encryption, KeyFate};
pub use error::{Cause, StoreError};
pub use face::{Crop, Face, FaceImage, Faces, NewFace, Template, TemplateScan};
pub use ids::{
    ApiKeyId, ClientId, CollectionCode, CollectionId, FaceId, InvalidId, ModelId, PersonId,
    VerificationId,
};
pub use open::{DatabaseKind, EncryptionOptions, StoreOptions, open};
pub use person::{
    Detached, Gender, Membership, NewPerson, Person, PersonField, PersonUpdate, Persons,
};
pub use query::{Comparison, Condition, Field, FieldKind, InvalidCondition, Listing, Page, Sort};
pub use reembedding::{Reembedding, Untemplated};
pub use retention::Retention;
pub use vault::{MasterKey, MasterKeyId, MasterKeySource, MasterKeys, Rotated};
pub use vectors::{
    LeastCosine, VectorAnswer, VectorFill, VectorHit, VectorQuery, VectorStats, Vectors,
};
