//! An account as one file: the backup, and the way from one database to another.
//!
//! The file is a tar archive compressed with Zstandard, so `tar --zstd -xf FILE` opens it. Its entries, in this order:
//!
//! * `rostro-account.json`: what this is, which version of the format, when it was made, the account's name and settings;
//! * `collections-000001.jsonl`, ...: one collection a line;
//! * `persons-000001.jsonl`, ...: one person a line, with faces: pictures in base64, templates as base64 of little-endian
//!   32-bit floats, each with the SHA-256 of the model that made it;
//! * `checksums.json`: SHA-256 of each entry before it, and how many records there are. Last: without it the file was cut off.
//!
//! Neither the account's token phrase nor its API keys are in it. It holds biometric data: its file is made for its owner only, and
//! ([`Protection`]) each person in it is sealed with the person's data key, as in the database, or the file as a whole with a key of its own.

mod export;
mod import;
mod read;
mod record;
mod seal;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::ModelId;

pub use export::export;
pub use import::{ImportReport, import};
pub use read::{Archive, ArchiveError};
pub(in crate::transfer) use record::date;
pub use seal::ArchiveKey;

/// What `format` says.
const FORMAT: &str = "rostro-account";

/// The newest version that is read.
const VERSION: u32 = 2;

/// How an archive is protected.
#[derive(Clone)]
pub enum Protection {
    /// Persons are sealed with their data keys: only this installation can read it, and nobody can read those in it who are deleted later.
    Installation,
    /// All of it is encrypted under a key file, which is all that another installation needs.
    Key(ArchiveKey),
    /// Not at all.
    Clear,
}

impl Protection {
    /// The version of the format that it needs.
    fn version(&self) -> u32 {
        match self {
            Self::Installation => 2,
            Self::Key(_) | Self::Clear => 1,
        }
    }

    fn key(&self) -> Option<&ArchiveKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Installation | Self::Clear => None,
        }
    }
}

const HEAD: &str = "rostro-account.json";
const CHECKSUMS: &str = "checksums.json";

/// The first entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    format: String,
    version: u32,
    /// When it was made, milliseconds since 1970.
    pub exported_at: i64,
    /// Name of the account.
    pub account: String,
    /// The account's settings, an object.
    pub settings: Value,
}

/// What is in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Collections.
    pub collections: u64,
    /// Persons.
    pub persons: u64,
    /// Faces of all persons.
    pub faces: u64,
    /// The models that made the templates.
    pub models: BTreeSet<ModelId>,
}

/// The last entry.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checksums {
    /// SHA-256 in hex of each entry, by its name.
    entries: BTreeMap<String, String>,
    contents: Contents,
}
