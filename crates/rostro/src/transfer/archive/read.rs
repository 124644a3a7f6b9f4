//! Reading an archive: first all of it, to see that it is whole, then its records.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    CHECKSUMS, Checksums, Contents, FORMAT, HEAD, Head, VERSION,
    record::Line,
    seal::{ArchiveKey, MAGIC, Opener},
};
use service::hex::hex;

/// Largest entry that is read; one is a few megabytes, or a single person with large pictures.
const LARGEST_ENTRY: u64 = 1 << 30;

/// Why a file is not an archive that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read, or is not compressed as an archive is.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It does not begin as an archive does.
    #[error("it is not an account archive")]
    Foreign,
    /// A newer Rostro made it.
    #[error("it has version {0} of the format; this Rostro reads up to {VERSION}")]
    Newer(u32),
    /// It is encrypted as a whole.
    #[error("it is encrypted: give the key file with --key-file")]
    KeyNeeded,
    /// Its end is missing.
    #[error("it is cut off")]
    CutOff,
    /// An entry is not what its checksum says.
    #[error("the entry {0} is damaged")]
    Damaged(String),
}

/// A file that was read once and found whole.
pub struct Archive {
    path: PathBuf,
    key: Option<ArchiveKey>,
    /// What it says about itself.
    pub head: Head,
    /// What is in it.
    pub contents: Contents,
    sums: Checksums,
}

impl Archive {
    /// Reads all of `path` and checks it; one that is encrypted as a whole needs its key. Blocks.
    ///
    /// # Errors
    /// Every [`ArchiveError`].
    pub fn open(path: &Path, key: Option<ArchiveKey>) -> Result<Self, ArchiveError> {
        let (mut head, mut sums, mut found) = (None, None, Checksums::default());
        each_entry(path, key.as_ref(), |name, bytes| {
            match (&head, name.as_str()) {
                (None, HEAD) => head = Some(read_head(&bytes)?),
                (None, _) => return Err(ArchiveError::Foreign),
                (_, CHECKSUMS) => {
                    let read: Checksums = serde_json::from_slice(&bytes)
                        .map_err(|_| ArchiveError::Damaged(name.clone()))?;
                    sums = Some(read);
                    return Ok(());
                }
                _ => {}
            }
            found.entries.insert(name, hex(&Sha256::digest(&bytes)));
            Ok(())
        })?;
        let head = head.ok_or(ArchiveError::Foreign)?;
        let sums = sums.ok_or(ArchiveError::CutOff)?;
        if let Some(name) = sums
            .entries
            .iter()
            .chain(&found.entries)
            .map(|(name, _)| name)
            .find(|name| sums.entries.get(*name) != found.entries.get(*name))
        {
            return Err(ArchiveError::Damaged(name.clone()));
        }
        Ok(Self {
            path: path.to_owned(),
            key,
            head,
            contents: sums.contents.clone(),
            sums,
        })
    }

    /// Calls `take` with the records of one entry after the other. Blocks. Ends early, without an error, when `take` says no.
    ///
    /// # Errors
    /// [`ArchiveError`]: also when the file is not any more what it was.
    pub(super) fn batches(
        &self,
        mut take: impl FnMut(Vec<Line>) -> bool,
    ) -> Result<(), ArchiveError> {
        let mut open = true;
        each_entry(&self.path, self.key.as_ref(), |name, bytes| {
            if !open || !name.ends_with(".jsonl") {
                return Ok(());
            }
            if self.sums.entries.get(&name) != Some(&hex(&Sha256::digest(&bytes))) {
                return Err(ArchiveError::Damaged(name));
            }
            let lines = bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            let lines: Result<Vec<Line>, _> = lines.map(serde_json::from_slice).collect();
            open = take(lines.map_err(|_| ArchiveError::Damaged(name))?);
            Ok(())
        })
    }
}

fn read_head(bytes: &[u8]) -> Result<Head, ArchiveError> {
    let head: Head = serde_json::from_slice(bytes).map_err(|_| ArchiveError::Foreign)?;
    if head.format != FORMAT {
        return Err(ArchiveError::Foreign);
    }
    if head.version > VERSION {
        return Err(ArchiveError::Newer(head.version));
    }
    Ok(head)
}

fn each_entry(
    path: &Path,
    key: Option<&ArchiveKey>,
    mut take: impl FnMut(String, Vec<u8>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref()
        .take(MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    let input: Box<dyn io::Read> = if start == MAGIC {
        let key = key.ok_or(ArchiveError::KeyNeeded)?;
        Box::new(Opener::new(file, key)?)
    } else {
        Box::new(io::Cursor::new(start).chain(file))
    };
    let mut tar = tar::Archive::new(zstd::stream::read::Decoder::new(input)?);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.size() > LARGEST_ENTRY {
            return Err(ArchiveError::Damaged(name));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        take(name, bytes)?;
    }
    Ok(())
}
