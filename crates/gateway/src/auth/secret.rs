//! The signing secret: from the settings, or from a file that is created once.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{TryRng as _, rngs::SysRng};

use crate::config::{MIN_SECRET, Secret};

/// Name of the secret's file in the data folder.
const FILE: &str = "token-secret";

/// The bytes that sign tokens.
#[derive(Clone)]
pub struct SigningSecret(Vec<u8>);

/// Why there is no signing secret; each message is one sentence for an operator and shows nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or created.
    #[error("the signing secret {path} cannot be {doing}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `created`.
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
        if !configured.is_empty() {
            return Ok(Self(configured.expose().as_bytes().to_vec()));
        }
        let path = data.join(FILE);
        match Self::read(&path) {
            Err(SecretError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                // Two servers may start at once: whoever links the file first wins, and both read that one.
                create(data, &path).map_err(|source| SecretError::Io {
                    path: path.clone(),
                    doing: "created",
                    source,
                })?;
                Self::read(&path)
            }
            read => read,
        }
    }

    /// The bytes themselves, for the signature.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn read(path: &Path) -> Result<Self, SecretError> {
        let io = |source| SecretError::Io {
            path: path.to_owned(),
            doing: "read",
            source,
        };
        let text = std::fs::read_to_string(path).map_err(io)?;
        if is_exposed(&std::fs::metadata(path).map_err(io)?) {
            return Err(SecretError::Exposed(path.to_owned()));
        }
        let secret = text.trim().as_bytes();
        if secret.len() < MIN_SECRET {
            return Err(SecretError::TooShort(path.to_owned()));
        }
        Ok(Self(secret.to_vec()))
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

fn create(data: &Path, path: &Path) -> io::Result<()> {
    let mut random = [0_u8; 64];
    SysRng
        .try_fill_bytes(&mut random)
        .map_err(io::Error::other)?;
    std::fs::create_dir_all(data)?;
    // A named temporary file has mode 0600 from the start.
    let mut file = tempfile::NamedTempFile::new_in(data)?;
    writeln!(file, "{}", STANDARD.encode(random))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => std::fs::File::open(data)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

/// Whether others than the owner may read a file.
#[cfg(unix)]
pub(crate) fn is_exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_exposed(_: &std::fs::Metadata) -> bool {
    false
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
    fn many_starts_at_once_agree_on_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        let secrets: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| SigningSecret::load(&Secret::new(""), &data).unwrap().0))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(
            secrets
                .iter()
                .all(|secret| *secret == secrets[0] && secret.len() >= 64)
        );
        assert_eq!(
            std::fs::read_dir(&data).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        SigningSecret::load(&Secret::new(""), folder.path()).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            SigningSecret::load(&Secret::new(""), folder.path()),
            Err(SecretError::Exposed(_))
        ));
    }

    #[test]
    fn a_short_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        file.write_all(b"short\n").unwrap();
        file.persist(folder.path().join(FILE)).unwrap();
        assert!(matches!(
            SigningSecret::load(&Secret::new(""), folder.path()),
            Err(SecretError::TooShort(_))
        ));
    }
}
