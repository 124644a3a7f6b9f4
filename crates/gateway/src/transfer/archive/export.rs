//! Out of the database.

use std::{io::Write as _, path::Path};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use store::{Catalog, Client, Record};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{Contents, FORMAT, Head, VERSION, write::Writer};

/// Records on their way from the database to the file.
const AHEAD: usize = 64;

/// Writes all collections and persons of `client`, as of one moment, to `path`. The file is there when it is whole, and not
/// before. `progress` is told the persons so far.
///
/// # Errors
/// There is such a file already, it cannot be written, or the database fails.
pub async fn export(
    store: &dyn Catalog,
    client: &Client,
    path: &Path,
    progress: impl Fn(u64) + Send + 'static,
) -> Result<Contents> {
    ensure!(!path.exists(), "{} exists already", path.display());
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        exported_at: OffsetDateTime::now_utc().unix_timestamp() * 1000,
        account: client.name.clone(),
        settings: client.settings.clone(),
    };
    let (records, waiting) = mpsc::channel(AHEAD);
    let path = path.to_owned();
    let writing = tokio::task::spawn_blocking(move || write(&path, &head, waiting, progress));
    let mut stream = store.export_account(client.id);
    let mut failed = None;
    while let Some(record) = stream.next().await {
        let broken = record.is_err();
        // Whoever writes stopped: it says why.
        if records
            .send(record.map_err(|error| failed = Some(error)).ok())
            .await
            .is_err()
            || broken
        {
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

fn write(
    path: &Path,
    head: &Head,
    mut records: mpsc::Receiver<Option<Record>>,
    progress: impl Fn(u64),
) -> Result<Contents> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A named temporary file is readable by its owner only, and gone when this fails.
    let mut writer = Writer::new(NamedTempFile::new_in(folder)?, head)?;
    let mut persons = 0;
    while let Some(record) = records.blocking_recv().context("the records ended early")? {
        persons += u64::from(matches!(record, Record::Person(_)));
        writer.line(&record.into())?;
        progress(persons);
    }
    let (contents, mut file) = writer.finish()?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(contents)
}
