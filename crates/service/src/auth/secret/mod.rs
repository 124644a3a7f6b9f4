//! The secrets that sign tokens: one signs, earlier ones are still good for verifying until they are taken away.

mod file;
mod ring;

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use zeroize::ZeroizeOnDrop;

pub(crate) use file::is_exposed;
pub use ring::Secrets;

use crate::{config::Secret, hex::hex};

/// Bytes of a secret's hash that name it.
const ID_BYTES: usize = 8;

/// The bytes that sign tokens; wiped from memory when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SigningSecret(Vec<u8>);

/// Why there is no signing secret; each message is one sentence for an operator and shows nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read, created or removed.
    #[error("the signing secret {path} cannot be {doing}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `created`, `rotated` or `removed`.
        doing: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The file is not a secret of this server.
    #[error(
        "the signing secret {0} is too short: put back the right file, or delete it to get a new one (all tokens die)"
    )]
    TooShort(PathBuf),
    /// Others may read the file.
    #[error("the signing secret {0} can be read by others than its owner: run `chmod 600` on it")]
    Exposed(PathBuf),
}

impl SigningSecret {
    /// The secret of the settings, or that in the file `token-secret` of the folder `data`, which is created (with the
    /// folder) when it is not there: 64 random bytes, readable by the owner only.
    ///
    /// # Errors
    /// Every [`SecretError`].
    pub fn load(configured: &Secret, data: &Path) -> Result<Self, SecretError> {
        if configured.is_empty() {
            file::load_or_create(data)
        } else {
            Ok(Self::of(configured))
        }
    }

    fn of(configured: &Secret) -> Self {
        Self(configured.expose().as_bytes().to_vec())
    }

    /// What the secret is called (the `kid` of the tokens that it signs): 16 hexadecimal digits of a hash of it, the same on every node.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = Sha256::new()
            .chain_update(b"rostro signing secret, version 1\0")
            .chain_update(&self.0)
            .finalize();
        hex(&hash[..ID_BYTES])
    }

    /// The bytes themselves, for the signature.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_secret_wins_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let secret = SigningSecret::load(
            &Secret::new("0123456789abcdef0123456789abcdef"),
            folder.path(),
        )
        .unwrap();
        assert_eq!(secret.bytes(), b"0123456789abcdef0123456789abcdef");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(!format!("{secret:?}").contains("0123"));
    }

    #[test]
    fn its_name_is_of_its_bytes_and_does_not_show_them() {
        let of = |text: &str| SigningSecret(text.as_bytes().to_vec()).id();
        let id = of("0123456789abcdef0123456789abcdef");
        assert_eq!(id, of("0123456789abcdef0123456789abcdef"));
        assert_ne!(id, of("0123456789abcdef0123456789abcdeg"));
        assert!(id.len() == 16 && id.bytes().all(|c| c.is_ascii_hexdigit()));
    }
}
