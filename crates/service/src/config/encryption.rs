//! `[encryption]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Secret, database::masked};

/// Encryption at rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionConfig {
    /// Whether persons are stored encrypted.
    pub enabled: bool,
    /// The master key, or where it is; empty means the file in the data folder.
    pub master_key: Secret,
    /// Program and arguments that print it instead; empty: none.
    pub command: Vec<String>,
    /// Address of the key store; empty: beside the database. May hold a password, which printing masks.
    #[serde(serialize_with = "masked")]
    pub keys: Secret,
}

/// The file with the master key in the data folder.
pub(crate) const MASTER_KEY_FILE: &str = "master-key";

impl EncryptionConfig {
    /// The address of the key store, if one is set.
    #[must_use]
    pub fn keys(&self, data: &Path) -> Option<String> {
        let keys = self.keys.expose();
        (!keys.is_empty()).then(|| keys.replace("{data}", &data.display().to_string()))
    }

    /// The file with the master key, and whether it is the default one, which is created; `None` when it is in no file.
    #[must_use]
    pub fn file(&self, data: &Path) -> Option<(PathBuf, bool)> {
        let key = self.master_key.expose().trim();
        match key.strip_prefix("file:") {
            _ if !self.command.is_empty() => None,
            Some(path) => Some((PathBuf::from(path), false)),
            None => key.is_empty().then(|| (data.join(MASTER_KEY_FILE), true)),
        }
    }
}
