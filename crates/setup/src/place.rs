//! Puts a file in place whole or not at all.

use std::{
    fmt,
    fs::{File, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use packs::sha256_of_file;

use super::cache::PART;

/// What a file must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// SHA-256, lower-case hex.
    pub(crate) sha256: &'a str,
    /// Size, where known.
    pub(crate) bytes: Option<u64>,
}

/// Lets `fill` write a temporary file beside `target`, checks it, makes it durable, and moves it to `target`.
/// Whatever fails, and however the process ends, `target` is what it was or the whole new file.
///
/// # Errors
/// What `fill` fails with, a wrong size or SHA-256, a disk that is full.
pub(crate) fn place(
    target: &Path,
    expected: Expected<'_>,
    fill: impl FnOnce(&mut File) -> Result<()>,
) -> Result<()> {
    let folder = target.parent().context("the file has no folder")?;
    // Readable by all, unlike other temporary files: the server may run as another user.
    let mut temporary = tempfile::Builder::new()
        .prefix(PART)
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .context("the cache cannot be written")?;
    fill(temporary.as_file_mut())?;
    check(temporary.path(), expected)?;
    temporary
        .as_file()
        .sync_all()
        .context("the cache cannot be written")?;
    temporary
        .persist(target)
        .with_context(|| format!("{} cannot be replaced", target.display()))?;
    // The rename itself must survive a power cut too.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .context("the cache cannot be written")
}

/// A file is not the expected one.
#[derive(Debug)]
pub(crate) struct Wrong(String);

impl std::error::Error for Wrong {}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether the file at `path` is the expected one.
///
/// # Errors
/// [`Wrong`] says in what it differs; reading it may fail too.
pub(crate) fn check(path: &Path, expected: Expected<'_>) -> Result<()> {
    let read = || format!("{} cannot be read", path.display());
    let bytes = path.metadata().with_context(read)?.len();
    if let Some(right) = expected.bytes.filter(|right| *right != bytes) {
        bail!(Wrong(format!("of {bytes} bytes instead of {right}")));
    }
    let found = sha256_of_file(path).with_context(read)?;
    if found != expected.sha256 {
        bail!(Wrong(format!(
            "with SHA-256 {found} instead of {}",
            expected.sha256
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    const HELLO: Expected<'_> = Expected {
        sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        bytes: Some(5),
    };

    fn names(folder: &Path) -> Vec<String> {
        folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_right_file_is_moved_in() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.onnx");
        place(&target, HELLO, |file| Ok(file.write_all(b"hello")?)).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"hello");
        assert_eq!(names(folder.path()), ["model.onnx"]);
    }

    #[test]
    fn a_wrong_file_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.onnx");
        for wrong in [&b"hell"[..], b"hallo", b"hello!"] {
            place(&target, HELLO, |file| Ok(file.write_all(wrong)?)).unwrap_err();
            assert!(names(folder.path()).is_empty());
        }
        fs::write(&target, "old").unwrap();
        place(&target, HELLO, |file| Ok(file.write_all(b"hallo")?)).unwrap_err();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["model.onnx"]);
    }

    #[test]
    fn a_fill_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let failed = place(&folder.path().join("model.onnx"), HELLO, |file| {
            file.write_all(b"hel")?;
            anyhow::bail!("the line went dead")
        });
        assert_eq!(failed.unwrap_err().to_string(), "the line went dead");
        assert!(names(folder.path()).is_empty());
    }
}
