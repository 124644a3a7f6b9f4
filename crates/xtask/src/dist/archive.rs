//! Checksums, and one file of many: the same folder gives the same bytes.

use std::{
    fmt::Write as _,
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use packs::sha256_of_file;
use tar::{Builder, EntryType, Header};

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
        let sha256 = sha256_of_file(&folder.join(&file))?;
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
/// As [`checksums`].
pub(super) fn pack(folder: &Path, name: &str) -> Result<PathBuf> {
    let file_name = format!("{name}.tar.gz");
    let path = folder.with_file_name(&file_name);
    let file =
        File::create(&path).with_context(|| format!("{} is not writable", path.display()))?;
    let mut archive = Builder::new(GzBuilder::new().write(file, Compression::best()));
    for file in files(folder)? {
        let mut header = Header::new_gnu();
        let run = RUN.contains(&file.as_str());
        header.set_mode(if run { 0o755 } else { 0o644 });
        header.set_entry_type(EntryType::Regular);
        header.set_mtime(0);
        let content = fs::read(folder.join(&file))?;
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, format!("{name}/{file}"), content.as_slice())?;
    }
    archive.into_inner()?.finish()?.sync_all()?;
    let sum = format!("{}  {file_name}\n", sha256_of_file(&path)?);
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
    use std::io::Read as _;

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
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let found: Vec<(String, u32, String)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                let path = entry.path().unwrap().display().to_string();
                (path, entry.header().mode().unwrap(), text)
            })
            .collect();
        let names: Vec<&str> = found.iter().map(|(path, _, _)| path.as_str()).collect();
        assert_eq!(names, ["x/README", "x/SHA256SUMS", "x/bin/rostro"]);
        assert_eq!((found[0].1, found[2].1), (0o644, 0o755));
        assert_eq!(found[0].2, "hello");
        assert_eq!(found[1].2.lines().count(), 2, "not of itself");
        assert!(found[1].2.starts_with(
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  README\n"
        ));
    }
}
