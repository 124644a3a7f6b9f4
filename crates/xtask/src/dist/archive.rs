//! Checksums, and one file of many: the same folder gives the same bytes.

use std::{
    fmt::Write as _,
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use xtask::sha256;

const CHECKSUMS: &str = "SHA256SUMS";

/// Programs: all other files are only read.
const RUN: [&str; 2] = ["bin/rostro", "install.sh"];

/// Writes `SHA256SUMS` into `folder`, as `sha256sum -c` reads it.
///
/// # Errors
/// A file that cannot be read, a disk that is full.
pub(super) fn checksums(folder: &Path) -> Result<()> {
    let mut text = String::new();
    for file in files(folder)? {
        let sha256 = sha256::of_file(&folder.join(&file))?;
        let _ = writeln!(text, "{sha256}  {file}");
    }
    fs::write(folder.join(CHECKSUMS), text)?;
    for file in files(folder)? {
        let mode = if RUN.contains(&file.as_str()) {
            0o755
        } else {
            0o644
        };
        fs::set_permissions(folder.join(file), fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Writes `folder` as `NAME.tar.gz` beside it, with its SHA-256 in `NAME.tar.gz.sha256`; the archive's path.
///
/// # Errors
/// As [`checksums`]; a system without GNU tar and gzip.
pub(super) fn pack(folder: &Path, name: &str) -> Result<PathBuf> {
    let file_name = format!("{name}.tar.gz");
    let path = folder.with_file_name(&file_name);
    let parent = folder.parent().context("the folder has no parent")?;
    let mut tar = Command::new("tar");
    // Files alone, in one order, of nobody, and without a time.
    tar.args(["--create", "--format=gnu", "--no-recursion", "--mtime=@0"])
        .args(["--owner=root:0", "--group=root:0", "--numeric-owner"])
        .args(["--use-compress-program=gzip -9 --no-name", "--file"])
        .arg(&path)
        .arg("--directory")
        .arg(parent);
    tar.args(files(folder)?.iter().map(|file| format!("{name}/{file}")));
    let packed = tar.status().context("tar cannot be run")?;
    ensure!(packed.success(), "the archive cannot be written: see above");
    File::open(&path)?.sync_all()?;
    let sum = format!("{}  {file_name}\n", sha256::of_file(&path)?);
    fs::write(folder.with_file_name(format!("{file_name}.sha256")), sum)?;
    Ok(path)
}

/// All files below `folder`, sorted, as paths in it.
fn files(folder: &Path) -> Result<Vec<String>> {
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inside) = open.pop() {
        for entry in folder.join(&inside).read_dir()? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                let name = path.to_str().context("a file's name is not text")?;
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("x");
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/rostro"), "program").unwrap();
        fs::write(root.join("README"), "hello").unwrap();
        folder
    }

    #[test]
    fn the_archive_holds_the_folder_and_is_the_same_every_time() {
        let packed = || {
            let folder = folder();
            let root = folder.path().join("x");
            checksums(&root).unwrap();
            fs::read(pack(&root, "x").unwrap()).unwrap()
        };
        let bytes = packed();
        assert_eq!(bytes, packed());
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.tar.gz");
        fs::write(&archive, &bytes).unwrap();
        let told = |arguments: &[&str]| {
            let mut tar = Command::new("tar");
            tar.args(arguments).arg(&archive);
            let output = tar.current_dir(folder.path()).output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        };
        let list = told(&["--list", "--verbose", "--numeric-owner", "--utc", "--file"]);
        let list: Vec<(&str, &str)> = list
            .lines()
            .map(|line| (&line[..14], line.rsplit(' ').next().unwrap()))
            .collect();
        assert_eq!(
            list,
            [
                ("-rw-r--r-- 0/0", "x/README"),
                ("-rw-r--r-- 0/0", "x/SHA256SUMS"),
                ("-rwxr-xr-x 0/0", "x/bin/rostro"),
            ]
        );
        told(&["--extract", "--file"]);
        let read = |name: &str| fs::read_to_string(folder.path().join("x").join(name)).unwrap();
        assert_eq!(read("README"), "hello");
        let sums = read("SHA256SUMS");
        assert_eq!(sums.lines().count(), 2, "not of itself");
        assert!(sums.starts_with(
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  README\n"
        ));
    }
}
