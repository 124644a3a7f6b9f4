//! Where the master key of the encryption at rest comes from: the settings, a file, or a command.

mod command;
mod file;
mod text;

use std::path::Path;

use async_trait::async_trait;
use store::{MasterKeySource, MasterKeys};
use zeroize::Zeroizing;

use crate::config::EncryptionConfig;
pub(crate) use file::KeyFile;

/// The source of the settings. Its Debug shows no key.
pub enum Source {
    /// In the settings themselves.
    Given(Zeroizing<String>),
    /// In a file.
    File(KeyFile),
    /// Printed by a program.
    Command(Vec<String>),
}

impl Source {
    /// As the settings have it; `data` is the data folder, for a file that is not named.
    pub fn new(settings: &EncryptionConfig, data: &Path) -> Self {
        match settings.file(data) {
            Some((path, managed)) => Self::File(KeyFile::new(path, managed)),
            None if !settings.command.is_empty() => Self::Command(settings.command.clone()),
            None => Self::Given(Zeroizing::new(settings.master_key.expose().to_owned())),
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Source::Given(***)",
            Self::File(_) => "Source::File",
            Self::Command(_) => "Source::Command",
        })
    }
}

#[async_trait]
impl MasterKeySource for Source {
    async fn load(&self) -> Result<Option<MasterKeys>, String> {
        match self {
            Self::Given(text) => text::keys(text, "encryption.master_key").map(Some),
            Self::File(file) => file.load(),
            Self::Command(command) => {
                let printed = command::run(command).await?;
                text::keys(&printed, "encryption.command").map(Some)
            }
        }
    }

    async fn create(&self) -> Result<MasterKeys, String> {
        match self {
            Self::File(file) => file.create(),
            Self::Given(_) | Self::Command(_) => Err("there is no master key".to_owned()),
        }
    }
}
