//! The order of changes.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::sync::watch;

use super::vectors::{self, Touched};
use super::{before, now};
use crate::change::{Change, ChangeKind, Changes, Committed, Revision};
use crate::db::{Database, Row, Tx, Work, insert_many, sql};
use crate::encryption::KeyFate;
use crate::error::StoreError;

impl Database {
    /// Writes what indexes follow: `work` notes its changes in the transaction, and they get their revisions at its end.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<Committed<T>, StoreError> {
        let work = std::sync::Arc::new(work);
        let database = self.clone();
        let committed = self
            .write(move |tx| {
                let (work, database) = (work.clone(), database.clone());
                Box::pin(async move {
                    let value = work(tx).await?;
                    let erased = tx.note_erased().await?;
                    let touched = Touched::by(&tx.changes);
                    let tables = database.vector_tables();
                    vectors::keep(tx, &tables, &touched).await?;
                    let (revision, generation) = number(tx).await?;
                    if generation.is_some_and(|now| now > tables.generation) {
                        // Another process made a table since: this transaction is the first here to hear of it.
                        let tables = vectors::read(tx).await?;
                        vectors::keep(tx, &tables, &touched).await?;
                        database.learn_vector_tables(tables);
                    }
                    let key = KeyFate::None;
                    Ok((
                        Committed {
                            value,
                            revision,
                            key,
                        },
                        erased,
                    ))
                })
            })
            .await?;
        let (mut committed, erased) = committed;
        self.hear(committed.revision);
        committed.key = self.destroy(erased).await;
        Ok(committed)
    }

    /// Tells who watches, if the revision is news.
    pub(super) fn hear(&self, revision: Revision) {
        self.newest().send_if_modified(|newest| {
            let news = revision > *newest;
            if news {
                *newest = revision;
            }
            news
        });
    }
}

/// Gives the noted changes their revisions; also says which tables of vectors there are, if there are changes. It takes the lock that
/// puts commits into order, so it comes last.
async fn number(tx: &mut Tx<'_>) -> Result<(Revision, Option<i64>), StoreError> {
    let changes = std::mem::take(&mut tx.changes);
    if changes.is_empty() {
        return Ok((Revision::ZERO, None));
    }
    let count = changes.len() as i64;
    let last = tx
        .row(sql("UPDATE revision SET last = last + $1 RETURNING last, vectors").bind(count))
        .await?;
    let last = last.ok_or(StoreError::Corrupt("the revision is gone"))?;
    let (last, vectors): (i64, i64) = (last.get("last")?, last.get("vectors")?);
    let moment = now();
    let rows = changes
        .into_iter()
        .zip(last - count + 1..)
        .map(|((client, kind), revision)| {
            let (name, person, collection, face) = match kind {
                ChangeKind::FaceAdded { person, face } => {
                    ("face_added", Some(person), None, Some(face))
                }
                ChangeKind::FaceRemoved { person, face } => {
                    ("face_removed", Some(person), None, Some(face))
                }
                ChangeKind::MembershipAdded { person, collection } => {
                    ("membership_added", Some(person), Some(collection), None)
                }
                ChangeKind::MembershipRemoved { person, collection } => {
                    ("membership_removed", Some(person), Some(collection), None)
                }
                ChangeKind::PersonRemoved { person } => {
                    ("person_removed", Some(person), None, None)
                }
                ChangeKind::CollectionRemoved { collection } => {
                    ("collection_removed", None, Some(collection), None)
                }
            };
            vec![
                revision.into(),
                last.into(),
                name.into(),
                client.to_string().into(),
                person.map(|id| id.to_string()).into(),
                collection.map(|id| id.to_string()).into(),
                face.map(|id| id.uuid()).into(),
                moment.into(),
            ]
        });
    let head = "INSERT INTO changes (revision, transaction_end, kind, client_id, person_id, collection_id, face_id, committed_at)";
    for statement in insert_many(head, rows.collect(), "") {
        tx.run(statement).await?;
    }
    Ok((Revision(last), Some(vectors)))
}

pub(super) async fn newest(tx: &mut Tx<'_>) -> Result<Revision, StoreError> {
    bounds(tx).await.map(|(last, _)| last)
}

/// The newest revision, and the one up to which changes may be deleted.
async fn bounds(tx: &mut Tx<'_>) -> Result<(Revision, Revision), StoreError> {
    let row = tx.row(sql("SELECT last, pruned FROM revision")).await?;
    let row = row.ok_or(StoreError::Corrupt("the revision is gone"))?;
    Ok((Revision(row.get("last")?), Revision(row.get("pruned")?)))
}

async fn since(tx: &mut Tx<'_>, revision: Revision, limit: u32) -> Result<Vec<Change>, StoreError> {
    let (_, pruned) = bounds(tx).await?;
    if revision < pruned {
        return Err(StoreError::RevisionPruned);
    }
    let first = sql("SELECT * FROM changes WHERE revision > $1 ORDER BY revision LIMIT $2")
        .bind(revision.0)
        .bind(i64::from(limit.max(1)));
    let mut rows = tx.rows(first).await?;
    if let Some(row) = rows.last() {
        let (last, end): (i64, i64) = (row.get("revision")?, row.get("transaction_end")?);
        if last < end {
            let rest = sql(
                "SELECT * FROM changes WHERE revision > $1 AND revision <= $2 ORDER BY revision",
            );
            rows.extend(tx.rows(rest.bind(last).bind(end)).await?);
        }
    }
    rows.iter().map(change).collect()
}

fn change(row: &Row) -> Result<Change, StoreError> {
    let person = || row.id("person_id");
    let collection = || row.id("collection_id");
    let face = || row.uuid("face_id");
    let kind = match row.get::<String>("kind")?.as_str() {
        "face_added" => ChangeKind::FaceAdded {
            person: person()?,
            face: face()?,
        },
        "face_removed" => ChangeKind::FaceRemoved {
            person: person()?,
            face: face()?,
        },
        "membership_added" => ChangeKind::MembershipAdded {
            person: person()?,
            collection: collection()?,
        },
        "membership_removed" => ChangeKind::MembershipRemoved {
            person: person()?,
            collection: collection()?,
        },
        "person_removed" => ChangeKind::PersonRemoved { person: person()? },
        "collection_removed" => ChangeKind::CollectionRemoved {
            collection: collection()?,
        },
        _ => return Err(StoreError::Corrupt("a kind of change")),
    };
    Ok(Change {
        revision: Revision(row.get("revision")?),
        client: row.id("client_id")?,
        kind,
    })
}

async fn prune(tx: &mut Tx<'_>, before: OffsetDateTime, limit: u32) -> Result<u64, StoreError> {
    // Up to the first young one, whatever its neighbours say: the clocks of several nodes are not one. And up to the end of a
    // transaction, whose changes have one moment, so that nobody can stand in the middle of it.
    let end = sql(
        "WITH oldest AS (SELECT revision, transaction_end, committed_at FROM changes ORDER BY revision LIMIT $1)
         SELECT MAX(transaction_end) AS bound FROM oldest
         WHERE revision < COALESCE((SELECT MIN(revision) FROM oldest WHERE committed_at > $2), $3)",
    );
    let end = end
        .bind(i64::from(limit.max(1)))
        .bind(before)
        .bind(i64::MAX);
    let Some(bound) = tx
        .row(end)
        .await?
        .map(|row| row.get::<Option<i64>>("bound"))
        .transpose()?
        .flatten()
    else {
        return Ok(0);
    };
    // The lock that all writers wait for comes last.
    let deleted = tx
        .run(sql("DELETE FROM changes WHERE revision <= $1").bind(bound))
        .await?;
    tx.run(sql("UPDATE revision SET pruned = $1 WHERE pruned < $1").bind(bound))
        .await?;
    Ok(deleted)
}

#[async_trait]
impl Changes for Database {
    async fn revision(&self) -> Result<Revision, StoreError> {
        self.look(|tx| Box::pin(newest(tx))).await
    }

    async fn changes_since(
        &self,
        revision: Revision,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError> {
        self.read(move |tx| Box::pin(since(tx, revision, limit)))
            .await
    }

    async fn prune_changes(&self, age: Duration, limit: u32) -> Result<u64, StoreError> {
        let Some(before) = before(age) else {
            return Ok(0);
        };
        self.write(move |tx| Box::pin(prune(tx, before, limit)))
            .await
    }

    fn watch(&self) -> watch::Receiver<Revision> {
        self.newest().subscribe()
    }
}
