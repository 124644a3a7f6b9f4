//! Secrets in the data folder: `token-secret` signs, `token-secret.ID` are those that signed before.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{TryRng as _, rngs::SysRng};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{SecretError, SigningSecret};
use crate::config::MIN_SECRET;

/// Name of the secret's file in the data folder.
const FILE: &str = "token-secret";

/// Random bytes of a new secret.
const LENGTH: usize = 64;

/// The secret that signs, created (with the folder) when it is not there.
pub(super) fn load_or_create(data: &Path) -> Result<SigningSecret, SecretError> {
    let path = data.join(FILE);
    match read(&path) {
        Err(SecretError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            create(data, &path).map_err(failed(&path, "created"))?;
            read(&path)
        }
        read => read,
    }
}

/// The secrets that signed before, with their files.
pub(super) fn previous(data: &Path) -> Result<Vec<(PathBuf, SigningSecret)>, SecretError> {
    let failed = failed(data, "read");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(data).map_err(&failed)? {
        let name = entry.map_err(&failed)?.file_name();
        let name = name.to_string_lossy();
        if name
            .strip_prefix(FILE)
            .is_some_and(|rest| rest.starts_with('.'))
        {
            files.push(data.join(&*name));
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|path| Ok((path.clone(), read(&path)?)))
        .collect()
}

/// Puts a new secret in the place of the one that signs, which stays beside it. A crash on the way leaves the old state or the new one.
pub(super) fn rotate(data: &Path) -> Result<(), SecretError> {
    let path = data.join(FILE);
    let kept = data.join(format!("{FILE}.{}", load_or_create(data)?.id()));
    let rotated = || -> io::Result<()> {
        let fresh = written(data)?;
        match std::fs::hard_link(&path, &kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => std::fs::File::open(data)?.sync_all()?,
        }
        fresh.persist(&path)?;
        std::fs::File::open(data)?.sync_all()
    };
    rotated().map_err(failed(&path, "rotated"))
}

/// Takes a file away.
pub(super) fn remove(path: &Path) -> Result<(), SecretError> {
    std::fs::remove_file(path).map_err(failed(path, "removed"))
}

fn failed(path: &Path, doing: &'static str) -> impl Fn(io::Error) -> SecretError {
    let path = path.to_owned();
    move |source| SecretError::Io {
        path: path.clone(),
        doing,
        source,
    }
}

fn read(path: &Path) -> Result<SigningSecret, SecretError> {
    let io = failed(path, "read");
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(&io)?);
    if is_exposed(&std::fs::metadata(path).map_err(&io)?) {
        return Err(SecretError::Exposed(path.to_owned()));
    }
    let secret = text.trim().as_bytes();
    if secret.len() < MIN_SECRET {
        return Err(SecretError::TooShort(path.to_owned()));
    }
    Ok(SigningSecret(secret.to_vec()))
}

/// Two servers may start at once: whoever links the file first wins, and both read that one.
fn create(data: &Path, path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(data)?;
    match written(data)?.persist_noclobber(path) {
        Ok(_) => std::fs::File::open(data)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

/// A new secret in a file without a name of its own yet, on the disk.
fn written(data: &Path) -> io::Result<NamedTempFile> {
    let mut random = Zeroizing::new([0_u8; LENGTH]);
    SysRng
        .try_fill_bytes(&mut *random)
        .map_err(io::Error::other)?;
    // A named temporary file has mode 0600 from the start.
    let mut file = NamedTempFile::new_in(data)?;
    let text = Zeroizing::new(STANDARD.encode(*random));
    writeln!(file, "{}", *text)?;
    file.as_file().sync_all()?;
    Ok(file)
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
    fn many_starts_at_once_agree_on_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        let secrets: Vec<SigningSecret> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| load_or_create(&data).unwrap()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(
            secrets
                .iter()
                .all(|secret| secret.0 == secrets[0].0 && secret.0.len() >= 64)
        );
        assert_eq!(
            std::fs::read_dir(&data).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        load_or_create(folder.path()).unwrap();
        rotate(folder.path()).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let path = folder.path().join(FILE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = load_or_create(folder.path()).unwrap_err();
        assert!(matches!(error, SecretError::Exposed(_)));
    }

    #[test]
    fn a_short_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NamedTempFile::new_in(folder.path()).unwrap();
        file.write_all(b"short\n").unwrap();
        file.persist(folder.path().join(FILE)).unwrap();
        assert!(matches!(
            load_or_create(folder.path()),
            Err(SecretError::TooShort(_))
        ));
    }

    #[test]
    fn rotating_keeps_every_earlier_secret() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let mut ids = vec![load_or_create(data).unwrap().id()];
        for _ in 0..2 {
            rotate(data).unwrap();
            ids.push(load_or_create(data).unwrap().id());
        }
        let current = ids.pop().unwrap();
        let mut kept: Vec<String> = previous(data)
            .unwrap()
            .iter()
            .map(|(_, secret)| secret.id())
            .collect();
        ids.sort();
        kept.sort();
        assert_eq!(kept, ids);
        assert!(!kept.contains(&current));
        for (path, _) in previous(data).unwrap() {
            remove(&path).unwrap();
        }
        assert!(previous(data).unwrap().is_empty());
        assert_eq!(load_or_create(data).unwrap().id(), current);
    }
}
