//! All secrets that are good at one time.

use std::path::{Path, PathBuf};

use super::{SecretError, SigningSecret, file};
use crate::config::AuthConfig;

/// The secret that signs, and those that signed before and still verify.
///
/// Where `auth.secret` is set, the others are those of `auth.previous_secrets`; else they are the files beside `token-secret` in the data
/// folder too.
#[derive(Debug, Clone)]
pub struct Secrets {
    current: SigningSecret,
    previous: Vec<Previous>,
}

#[derive(Debug, Clone)]
struct Previous {
    secret: SigningSecret,
    /// None: from the settings.
    file: Option<PathBuf>,
}

/// A secret as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The `kid` of the tokens that it signed.
    pub id: String,
    /// Whether it signs now.
    pub signs: bool,
    /// The file of an earlier one in the data folder.
    pub file: Option<PathBuf>,
}

impl From<SigningSecret> for Secrets {
    fn from(current: SigningSecret) -> Self {
        Self {
            current,
            previous: Vec::new(),
        }
    }
}

impl Secrets {
    /// Those of the settings and of the data folder; a first one is created as [`SigningSecret::load`] says.
    ///
    /// # Errors
    /// Every [`SecretError`].
    pub fn load(config: &AuthConfig, data: &Path) -> Result<Self, SecretError> {
        let mut secrets = Self::from(SigningSecret::load(&config.secret, data)?);
        let configured = config.previous_secrets.iter();
        let mut earlier: Vec<Previous> = configured
            .map(|secret| Previous {
                secret: SigningSecret::of(secret),
                file: None,
            })
            .collect();
        if config.secret.is_empty() {
            let kept = file::previous(data)?.into_iter();
            earlier.extend(kept.map(|(path, secret)| Previous {
                secret,
                file: Some(path),
            }));
        }
        for one in earlier {
            let id = one.secret.id();
            if secrets.all().all(|known| known.id() != id) {
                secrets.previous.push(one);
            }
        }
        Ok(secrets)
    }

    /// Puts a new secret into the data folder, beside which the one that signed until now is kept. Running servers see it when they start
    /// again.
    ///
    /// # Errors
    /// Every [`SecretError`].
    pub fn rotate(data: &Path) -> Result<(), SecretError> {
        file::rotate(data)
    }

    /// Deletes the file of an earlier secret: what it signed is worthless once the servers have started again.
    ///
    /// # Errors
    /// [`SecretError::Io`].
    pub fn remove(file: &Path) -> Result<(), SecretError> {
        file::remove(file)
    }

    /// The one that signs.
    #[must_use]
    pub fn current(&self) -> &SigningSecret {
        &self.current
    }

    /// All of them, first the one that signs.
    pub fn all(&self) -> impl Iterator<Item = &SigningSecret> {
        std::iter::once(&self.current).chain(self.previous.iter().map(|one| &one.secret))
    }

    /// What an operator may see of them, first the one that signs.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let current = Listed {
            id: self.current.id(),
            signs: true,
            file: None,
        };
        let previous = self.previous.iter().map(|one| Listed {
            id: one.secret.id(),
            signs: false,
            file: one.file.clone(),
        });
        std::iter::once(current).chain(previous).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret};

    fn settings(secret: &str, previous: &[&str]) -> AuthConfig {
        AuthConfig {
            secret: Secret::new(secret),
            previous_secrets: previous.iter().map(|text| Secret::new(*text)).collect(),
            ..Config::defaults().unwrap().auth
        }
    }

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const TWO: &str = "another secret of 32 bytes or so";

    #[test]
    fn the_folder_counts_only_where_the_settings_have_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let ids = |config: &AuthConfig| -> Vec<String> {
            let secrets = Secrets::load(config, data).unwrap();
            secrets.list().into_iter().map(|one| one.id).collect()
        };
        let first = ids(&settings("", &[]));
        Secrets::rotate(data).unwrap();
        let both = ids(&settings("", &[]));
        assert!(both.len() == 2 && both[0] != first[0] && both[1] == first[0]);
        assert_eq!(ids(&settings("", &[ONE])).len(), 3);
        let configured = ids(&settings(ONE, &[TWO, ONE, TWO]));
        assert_eq!(configured.len(), 2, "each counts once");
        assert!(!configured.contains(&both[0]) && !configured.contains(&both[1]));
    }

    #[test]
    fn what_was_removed_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let load = || Secrets::load(&settings("", &[]), folder.path()).unwrap();
        load();
        Secrets::rotate(folder.path()).unwrap();
        let earlier = load().list().remove(1);
        assert!(!earlier.signs);
        Secrets::remove(&earlier.file.unwrap()).unwrap();
        assert_eq!(load().all().count(), 1);
    }
}
