//! The file with the master key: one a line, the current one first.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{TryRng as _, rngs::SysRng};
use store::MasterKeys;
use zeroize::Zeroizing;

use super::text;
use crate::auth::is_exposed;

/// A file that holds the master key.
pub struct KeyFile {
    path: PathBuf,
    /// Whether it is ours to create.
    managed: bool,
}

/// A rotation in progress: no other one begins before this is dropped.
pub struct Rotation<'f> {
    file: &'f KeyFile,
    /// None where the operator put both keys into a file that is not ours to write.
    lock: Option<File>,
}

impl KeyFile {
    pub(super) fn new(path: PathBuf, managed: bool) -> Self {
        Self { path, managed }
    }

    fn failed(&self, doing: &str, error: &io::Error) -> String {
        format!(
            "the master key {} cannot be {doing}: {error}",
            self.path.display()
        )
    }

    fn read(&self) -> Result<Option<Zeroizing<String>>, String> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let metadata =
            std::fs::metadata(&self.path).map_err(|error| self.failed("read", &error))?;
        if is_exposed(&metadata) {
            return Err(format!(
                "the master key {} can be read by others than its owner: run `chmod 600` on it",
                self.path.display()
            ));
        }
        Ok(Some(text))
    }

    pub(super) fn load(&self) -> Result<Option<MasterKeys>, String> {
        let whence = format!("the master key file {}", self.path.display());
        self.read()?
            .map(|text| text::keys(&text, &whence))
            .transpose()
    }

    pub(super) fn create(&self) -> Result<MasterKeys, String> {
        if !self.managed {
            return Err(format!(
                "the master key {} is not there (encryption.master_key)",
                self.path.display()
            ));
        }
        let made = random_line().and_then(|line| write(&self.path, &line, false));
        made.map_err(|error| self.failed("created", &error))?;
        tracing::warn!(
            file = %self.path.display(),
            "A MASTER KEY WAS CREATED. All faces and personal data are encrypted under it: without this file they are lost for good, and \
             with it and the database anybody reads them. Keep a copy of it apart from the database and its backups."
        );
        // Another process may have been first: both read that one.
        self.load()?
            .ok_or_else(|| format!("the master key {} is gone", self.path.display()))
    }

    /// Puts a new key before the old one, unless a rotation was begun before and did not come to its end. Waits for one that is running.
    pub fn begin_rotation(&self) -> Result<Rotation<'_>, String> {
        let both = |keys: &MasterKeys| keys.ids().count() > 1;
        let missing = || {
            format!(
                "the master key {} is not there (encryption.master_key)",
                self.path.display()
            )
        };
        let lock = match self.lock() {
            Ok(lock) => lock,
            Err(_) if both(&self.load()?.ok_or_else(missing)?) => {
                return Ok(Rotation {
                    file: self,
                    lock: None,
                });
            }
            Err(error) => {
                return Err(format!(
                    "{}; put a new key before the old one in it, and run this again",
                    self.failed("written", &error)
                ));
            }
        };
        if !both(&self.load()?.ok_or_else(missing)?) {
            let old = self.read()?.unwrap_or_default();
            let written = random_line().and_then(|mut text| {
                text.push_str(&old);
                write(&self.path, &text, true)
            });
            written.map_err(|error| self.failed("written", &error))?;
        }
        Ok(Rotation {
            file: self,
            lock: Some(lock),
        })
    }

    /// Of a file beside it: the file itself is replaced.
    fn lock(&self) -> io::Result<File> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".lock");
        let mut options = OpenOptions::new();
        let lock = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)?;
        lock.lock()?;
        Ok(lock)
    }
}

impl Rotation<'_> {
    /// Leaves the current key alone in the file: the others are needed no more. False where somebody else has to do that.
    pub fn finish(self) -> Result<bool, String> {
        if self.lock.is_none() {
            return Ok(false);
        }
        let text = self.file.read()?.unwrap_or_default();
        let Some(current) = text.split_whitespace().next() else {
            return Err(format!(
                "the master key {} is gone",
                self.file.path.display()
            ));
        };
        let mut line = Zeroizing::new(current.to_owned());
        line.push('\n');
        write(&self.file.path, &line, true).map_err(|error| self.file.failed("written", &error))?;
        Ok(true)
    }
}

fn random_line() -> io::Result<Zeroizing<String>> {
    let mut random = Zeroizing::new([0_u8; 32]);
    SysRng
        .try_fill_bytes(random.as_mut_slice())
        .map_err(io::Error::other)?;
    let mut line = Zeroizing::new(STANDARD.encode(random.as_slice()));
    line.push('\n');
    Ok(line)
}

/// Writes the file as a whole. Without `replace` one that is there stays.
fn write(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    // A named temporary file has mode 0600 from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let put = if replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    match put {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/master-key");
        assert!(KeyFile::new(path.clone(), false).create().is_err());
        let file = KeyFile::new(path.clone(), true);
        assert!(file.load().unwrap().is_none());
        let made = file.create().unwrap().current().id();
        assert_eq!(file.create().unwrap().current().id(), made);
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(file.load().unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn a_rotation_that_was_interrupted_goes_on_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("master-key"), true);
        let old = file.create().unwrap().current().id();
        drop(file.begin_rotation().unwrap());
        let begun: Vec<_> = file.load().unwrap().unwrap().ids().collect();
        assert_eq!(begun.len(), 2);
        assert_eq!(begun[1], old);
        file.begin_rotation().unwrap().finish().unwrap();
        let left: Vec<_> = file.load().unwrap().unwrap().ids().collect();
        assert_eq!(left, begun[..1]);
    }
}
