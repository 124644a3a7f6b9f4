//! The durable store of Rostro: accounts, persons, collections, faces, in Postgres or SQLite.
//!
//! [`open`] gives a [`Catalog`], the one trait over both databases. The same SQL serves both (module `sql`); what differs
//! between them (how to connect, lock, wake followers and name errors) is in module `db`.
//!
//! Rules that hold for every method:
//! * what belongs to an account is found only with that account's [`ClientId`]; a foreign id and an unknown id are one case;
//! * a write is one transaction in a task of its own: it happens whole or not at all, also when its caller goes away;
//! * a write that answered is durable.

mod catalog;
mod client;
mod db;
mod error;
mod ids;
mod open;
mod sql;
mod verification;

pub use catalog::Catalog;
pub use client::{Client, ClientUpdate, NewClient};
pub use error::StoreError;
pub use ids::{
    ClientId, CollectionCode, CollectionId, FaceId, InvalidId, PersonId, VerificationId,
};
pub use open::{DatabaseKind, StoreOptions, open};
pub use verification::Verification;
