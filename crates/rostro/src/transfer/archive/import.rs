//! Into the database.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use store::{Catalog, ClientId, Imported, Record, StoreError};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{Archive, record::Line};

/// Records that are written at a time: commits of Postgres overlap.
const AT_ONCE: usize = 8;

/// Entries read ahead.
const AHEAD: usize = 2;

/// What became of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Records that are there now and were not before.
    pub created: u64,
    /// Records that were there, and stay as they were.
    pub existed: u64,
    /// Persons of the archive who were deleted since: their data keys are destroyed, and nobody can read them.
    #[serde(skip_serializing_if = "is_zero")]
    pub erased: u64,
    /// Records that were refused: what each is, its id, and why.
    pub refused: Vec<Refused>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A record that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// `collection` or `person`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// Puts everything of `archive` into an account, under its own ids. Doing it again changes nothing, so after an
/// interruption it is simply done again. `progress` is told the records so far.
///
/// # Errors
/// The archive is not any more what it was, or the database fails; a record that is refused is reported instead.
pub async fn import(
    store: &Arc<dyn Catalog>,
    client: ClientId,
    archive: Archive,
    progress: impl Fn(u64),
) -> Result<ImportReport> {
    let (batches, mut waiting) = mpsc::channel::<Vec<Line>>(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        archive.batches(|batch| batches.blocking_send(batch).is_ok())
    });
    let (mut report, mut done) = (ImportReport::default(), 0);
    while let Some(batch) = waiting.recv().await {
        let read = batch.len();
        let batch = opened(&**store, batch).await?;
        report.erased += (read - batch.len()) as u64;
        let writes = batch.into_iter().map(|line| write(store, client, line));
        let mut outcomes = stream::iter(writes).buffered(AT_ONCE);
        while let Some(outcome) = outcomes.try_next().await? {
            match outcome {
                Ok(Imported::Created) => report.created += 1,
                Ok(Imported::Existed) => report.existed += 1,
                Err(refused) => report.refused.push(refused),
            }
            done += 1;
            progress(done);
        }
    }
    reading
        .await
        .context("the archive could not be read")?
        .context("the archive could not be read")?;
    Ok(report)
}

/// The lines, with those that were sealed opened, and without those whose key is destroyed.
async fn opened(store: &dyn Catalog, batch: Vec<Line>) -> Result<Vec<Line>> {
    let (mut lines, mut sealed) = (Vec::with_capacity(batch.len()), Vec::new());
    for line in batch {
        match line {
            Line::Sealed(line) => sealed.push((line.id, line.data)),
            line => lines.push(line),
        }
    }
    if sealed.is_empty() {
        return Ok(lines);
    }
    let texts = store.unseal_for(sealed).await.map_err(|error| match error {
        StoreError::Corrupt(_) => anyhow::anyhow!(
            "the archive was made by another installation: have that one export it with --key-file"
        ),
        error => error.into(),
    })?;
    for text in texts.into_iter().flatten() {
        let text = Zeroizing::new(
            zstd::decode_all(&text[..]).context("a person of the archive is damaged")?,
        );
        lines.push(serde_json::from_slice(&text).context("a person of the archive is damaged")?);
    }
    Ok(lines)
}

async fn write(
    store: &Arc<dyn Catalog>,
    client: ClientId,
    line: Line,
) -> Result<Result<Imported, Refused>> {
    let record = line
        .into_record(client)
        .context("a record of the archive has a value that cannot be")?;
    let (kind, id) = match &record {
        Record::Collection(collection) => ("collection", collection.id.to_string()),
        Record::Person(record) => ("person", record.person.id.to_string()),
    };
    match store.import_record(client, record).await {
        Ok(committed) => Ok(Ok(committed.value)),
        Err(
            error @ (StoreError::IdTaken
            | StoreError::ExternalIdTaken
            | StoreError::CollectionNotFound
            | StoreError::PersonAlreadySet(_)
            | StoreError::InvalidValue(_)),
        ) => Ok(Err(Refused {
            kind,
            id,
            reason: error.to_string(),
        })),
        Err(error) => Err(error).context("the database failed; run the import again to go on"),
    }
}
