//! SHA-256 by the system's own program: nothing else here needs a library for it.

use std::{fs::File, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

/// What prints the sum of its input: GNU's program, then that of macOS.
const PROGRAMS: [(&str, &[&str]); 2] = [("sha256sum", &[]), ("shasum", &["-a", "256"])];

/// Of the file at `path`, in lower-case hex.
///
/// # Errors
/// A file that cannot be read, a system that has no program for it.
pub fn of_file(path: &Path) -> Result<String> {
    let mut tried = Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    for (program, arguments) in PROGRAMS {
        let file =
            File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        tried = Command::new(program).args(arguments).stdin(file).output();
        if tried.is_ok() {
            break;
        }
    }
    let output = tried.context("neither sha256sum nor shasum can be run")?;
    let text = String::from_utf8(output.stdout)?;
    let sum = text.split_whitespace().next().unwrap_or_default();
    ensure!(
        output.status.success() && sum.len() == 64,
        "{} has no SHA-256",
        path.display()
    );
    Ok(sum.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_sum() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hello").unwrap();
        assert_eq!(
            of_file(file.path()).unwrap(),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        of_file("/nowhere".as_ref()).unwrap_err();
    }
}
