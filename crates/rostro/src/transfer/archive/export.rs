//! Out of the database.

use std::{io::Write as _, path::Path};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use store::{Catalog, Client, Record, StoreError};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{
    ArchiveKey, Contents, FORMAT, Head, Protection,
    record::{Line, SealedLine},
    write::Writer,
};

/// Records on their way from the database to the file.
const AHEAD: usize = 64;

/// Persons that are sealed at a time.
const SEALED_AT_ONCE: usize = 32;

/// Zstandard's level for a person.
const LEVEL: i32 = 3;

/// Writes all collections and persons of `client`, as of one moment, to `path`. The file is there when it is whole, and not
/// before. `progress` is told the persons so far.
///
/// # Errors
/// There is such a file already, it cannot be written, or the database fails.
pub async fn export(
    store: &dyn Catalog,
    client: &Client,
    path: &Path,
    protection: &Protection,
    progress: impl Fn(u64) + Send + 'static,
) -> Result<Contents> {
    ensure!(!path.exists(), "{} exists already", path.display());
    let head = Head {
        format: FORMAT.to_owned(),
        version: protection.version(),
        exported_at: OffsetDateTime::now_utc().unix_timestamp() * 1000,
        account: client.name.clone(),
        settings: client.settings.clone(),
    };
    let (records, waiting) = mpsc::channel(AHEAD);
    let (path, key) = (path.to_owned(), protection.key().cloned());
    let writing =
        tokio::task::spawn_blocking(move || write(&path, &head, key.as_ref(), waiting, progress));
    let mut stream = store.export_account(client.id).ready_chunks(SEALED_AT_ONCE);
    let mut failed = None;
    'reading: while let Some(read) = stream.next().await {
        let lines = lines(store, protection, read).await;
        let (lines, error) = match lines {
            Ok(lines) => (lines, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        for line in lines {
            // Whoever writes stopped: it says why.
            if records.send(Some(line)).await.is_err() {
                break 'reading;
            }
        }
        if error.is_some() {
            failed = error;
            break;
        }
    }
    if failed.is_none() {
        // The end, as against an end that nobody announced.
        let _ = records.send(None).await;
    }
    drop(records);
    let written = writing.await.context("the archive was not written")?;
    match failed {
        Some(error) => Err(error).context("the account could not be read"),
        None => written.context("the archive was not written"),
    }
}

/// What is written of some records.
async fn lines(
    store: &dyn Catalog,
    protection: &Protection,
    read: Vec<Result<Record, StoreError>>,
) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::with_capacity(read.len());
    let (mut people, mut texts) = (Vec::new(), Vec::new());
    for record in read {
        match (record?, protection) {
            (Record::Person(record), Protection::Installation) => {
                let id = record.person.id;
                let line = Line::from(Record::Person(record));
                people.push((id, line.models()));
                texts.push((id, packed(&line)?));
            }
            (record, _) => lines.push(record.into()),
        }
    }
    if people.is_empty() {
        return Ok(lines);
    }
    let sealed = store.seal_for(texts).await?;
    for ((id, models), data) in people.into_iter().zip(sealed) {
        // Who has no key was deleted meanwhile.
        if let Some(data) = data {
            lines.push(Line::Sealed(SealedLine { id, data, models }));
        }
    }
    Ok(lines)
}

fn packed(line: &Line) -> Result<Vec<u8>, StoreError> {
    let packed = serde_json::to_vec(line).ok();
    let packed = packed.and_then(|line| zstd::encode_all(&line[..], LEVEL).ok());
    packed.ok_or(StoreError::InvalidValue("a person cannot be written"))
}

fn write(
    path: &Path,
    head: &Head,
    key: Option<&ArchiveKey>,
    mut records: mpsc::Receiver<Option<Line>>,
    progress: impl Fn(u64),
) -> Result<Contents> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A named temporary file is readable by its owner only, and gone when this fails.
    let mut writer = Writer::new(NamedTempFile::new_in(folder)?, head, key)?;
    let mut persons = 0;
    while let Some(record) = records.blocking_recv().context("the records ended early")? {
        persons += u64::from(!matches!(record, Line::Collection(_)));
        writer.line(&record)?;
        progress(persons);
    }
    let (contents, mut file) = writer.finish()?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(contents)
}
