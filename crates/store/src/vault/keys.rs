//! The tables of the key store. They are made here and not by migrations, because the key store may lie in the main database.

use super::master::{MasterKey, MasterKeyId};
use super::seal::{DataKeyId, KeyBytes};
use crate::db::{Tx, Value, in_list, insert_many, sql};
use crate::error::StoreError;
use crate::open::DatabaseKind;
use crate::query::to_millis;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

/// How many keys go into one statement.
const CHUNK: usize = 512;

/// Two nodes that start at once make the tables one after the other. Any number that nothing else uses.
const LOCK: i64 = 0x726f_7374_726f_6b73;

/// A data key as it is stored.
pub(super) struct Wrapped {
    pub(super) master: MasterKeyId,
    pub(super) bytes: Vec<u8>,
}

pub(super) async fn make_tables(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let bytes = match tx.kind() {
        DatabaseKind::Sqlite => "BLOB",
        DatabaseKind::Postgres => {
            tx.row(sql("SELECT pg_advisory_xact_lock($1) IS NULL AS locked").bind(LOCK))
                .await?;
            make_schema(tx).await?;
            "BYTEA"
        }
    };
    // `master` wraps new keys; `at` is when a key was made or destroyed. What is left of a destroyed key is its id.
    for table in [
        "key_store (single INTEGER PRIMARY KEY CHECK (single = 1), id BYTES NOT NULL, master BYTES NOT NULL)",
        "data_keys (id BYTES PRIMARY KEY, master BYTES, wrapped BYTES, at BIGINT NOT NULL)",
    ] {
        let table = table.replace("BYTES", bytes);
        tx.run(sql(AssertSqlSafe(format!(
            "CREATE TABLE IF NOT EXISTS {table}"
        ))))
        .await?;
    }
    Ok(())
}

/// An address may name a schema (`search_path`) that the main database has and this one lacks.
async fn make_schema(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let row = tx
        .row(sql(
            "SELECT current_schema() IS NULL AS lacks, current_setting('search_path') AS path",
        ))
        .await?;
    let Some(row) = row.filter(|row| row.get("lacks").unwrap_or(false)) else {
        return Ok(());
    };
    let path: String = row.get("path")?;
    let name = path
        .split(',')
        .next()
        .unwrap_or_default()
        .trim()
        .trim_matches('"');
    let text = format!(
        "CREATE SCHEMA IF NOT EXISTS \"{}\"",
        name.replace('"', "\"\"")
    );
    tx.run(sql(AssertSqlSafe(text))).await.map(drop)
}

/// Which key store this is, and which master key wraps new keys; nothing when it is new.
pub(super) async fn identity(
    tx: &mut Tx<'_>,
) -> Result<Option<(Vec<u8>, MasterKeyId)>, StoreError> {
    let row = tx.row(sql("SELECT id, master FROM key_store")).await?;
    row.map(|row| Ok((row.get("id")?, MasterKeyId::read(row.get("master")?)?)))
        .transpose()
}

/// Gives a new key store its id. Another node may have been first.
pub(super) async fn found(
    tx: &mut Tx<'_>,
    id: Vec<u8>,
    master: MasterKeyId,
) -> Result<(), StoreError> {
    let statement =
        sql("INSERT INTO key_store (single, id, master) VALUES (1, $1, $2) ON CONFLICT DO NOTHING");
    tx.run(statement.bind(id).bind(master.bytes()))
        .await
        .map(drop)
}

/// The master key that wraps new keys. No rotation begins before this transaction ends.
pub(super) async fn current_master(tx: &mut Tx<'_>) -> Result<MasterKeyId, StoreError> {
    let text = match tx.kind() {
        // Its writers come one after the other.
        DatabaseKind::Sqlite => "SELECT master FROM key_store",
        DatabaseKind::Postgres => "SELECT master FROM key_store FOR SHARE",
    };
    let row = tx.row(sql(text)).await?;
    let row = row.ok_or(StoreError::Corrupt("the key store is empty"))?;
    MasterKeyId::read(row.get("master")?)
}

pub(super) async fn set_master(tx: &mut Tx<'_>, master: MasterKeyId) -> Result<(), StoreError> {
    let statement = sql("UPDATE key_store SET master = $1 WHERE master <> $1");
    tx.run(statement.bind(master.bytes())).await.map(drop)
}

/// Keeps new keys; how many were not there before.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    new: &[(DataKeyId, KeyBytes)],
) -> Result<u64, StoreError> {
    let at = to_millis(OffsetDateTime::now_utc());
    let mut rows = Vec::with_capacity(new.len());
    for (id, key) in new {
        rows.push(vec![
            id.bytes().to_vec().into(),
            master.id().bytes().into(),
            master.wrap(*id, key)?.into(),
            at.into(),
        ]);
    }
    let head = "INSERT INTO data_keys (id, master, wrapped, at)";
    let mut inserted = 0;
    for statement in insert_many(head, rows, "ON CONFLICT DO NOTHING") {
        inserted += tx.run(statement).await?;
    }
    Ok(inserted)
}

/// Those of these keys that are or were there; nothing for one that is destroyed.
pub(super) async fn of_ids(
    tx: &mut Tx<'_>,
    ids: &[DataKeyId],
) -> Result<Vec<(DataKeyId, Option<Wrapped>)>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(CHUNK) {
        let (list, values) = in_list(1, values(part));
        let text = format!("SELECT id, master, wrapped FROM data_keys WHERE id IN ({list})");
        for row in tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await? {
            found.push((DataKeyId::read(row.get("id")?)?, wrapped(&row)?));
        }
    }
    Ok(found)
}

fn wrapped(row: &crate::db::Row) -> Result<Option<Wrapped>, StoreError> {
    let (master, bytes): (Option<Vec<u8>>, Option<Vec<u8>>) =
        (row.get("master")?, row.get("wrapped")?);
    let Some((master, bytes)) = master.zip(bytes) else {
        return Ok(None);
    };
    let master = MasterKeyId::read(master)?;
    Ok(Some(Wrapped { master, bytes }))
}

/// Overwrites keys. Their ids stay: an old copy of the main database shows by them who was deleted since.
pub(super) async fn destroy(tx: &mut Tx<'_>, ids: &[DataKeyId]) -> Result<(), StoreError> {
    let at = to_millis(OffsetDateTime::now_utc());
    for part in ids.chunks(CHUNK) {
        let (list, values) = in_list(2, values(part));
        let text = format!(
            "UPDATE data_keys SET master = NULL, wrapped = NULL, at = $1 WHERE wrapped IS NOT NULL AND id IN ({list})"
        );
        tx.run(sql(AssertSqlSafe(text)).bind(at).bind_all(values))
            .await?;
    }
    Ok(())
}

/// At most `limit` destroyed keys after `after`, in the order of their ids.
pub(super) async fn destroyed(
    tx: &mut Tx<'_>,
    after: Option<DataKeyId>,
    limit: i64,
) -> Result<Vec<DataKeyId>, StoreError> {
    let statement =
        sql("SELECT id FROM data_keys WHERE wrapped IS NULL AND id > $1 ORDER BY id LIMIT $2")
            .bind(after.map_or_else(Vec::new, |id| id.bytes().to_vec()))
            .bind(limit);
    let rows = tx.rows(statement).await?;
    rows.iter()
        .map(|row| DataKeyId::read(row.get("id")?))
        .collect()
}

pub(super) async fn delete(tx: &mut Tx<'_>, ids: &[DataKeyId]) -> Result<(), StoreError> {
    for part in ids.chunks(CHUNK) {
        let (list, values) = in_list(1, values(part));
        let text = format!("DELETE FROM data_keys WHERE wrapped IS NOT NULL AND id IN ({list})");
        tx.run(sql(AssertSqlSafe(text)).bind_all(values)).await?;
    }
    Ok(())
}

fn values(ids: &[DataKeyId]) -> Vec<Value> {
    ids.iter()
        .map(|id| Value::from(id.bytes().to_vec()))
        .collect()
}

/// Which master keys wrap the keys that are there.
pub(super) async fn masters(tx: &mut Tx<'_>) -> Result<Vec<MasterKeyId>, StoreError> {
    let rows = tx
        .rows(sql(
            "SELECT DISTINCT master FROM data_keys WHERE master IS NOT NULL",
        ))
        .await?;
    rows.iter()
        .map(|row| MasterKeyId::read(row.get("master")?))
        .collect()
}

/// At most `limit` keys after `after` that another master key than this one wraps, in the order of their ids.
pub(super) async fn not_wrapped_by(
    tx: &mut Tx<'_>,
    master: MasterKeyId,
    after: Option<DataKeyId>,
    limit: i64,
) -> Result<Vec<(DataKeyId, Wrapped)>, StoreError> {
    let statement = sql(
        "SELECT id, master, wrapped FROM data_keys WHERE id > $1 AND master IS NOT NULL AND master <> $2 ORDER BY id LIMIT $3",
    )
    .bind(after.map_or_else(Vec::new, |id| id.bytes().to_vec()))
    .bind(master.bytes())
    .bind(limit);
    let mut found = Vec::new();
    for row in tx.rows(statement).await? {
        if let Some(wrapped) = wrapped(&row)? {
            found.push((DataKeyId::read(row.get("id")?)?, wrapped));
        }
    }
    Ok(found)
}

/// Puts new wrappings into the place of old ones; a key that was destroyed meanwhile stays destroyed.
pub(super) async fn rewrap(
    tx: &mut Tx<'_>,
    master: MasterKeyId,
    new: &[(DataKeyId, Vec<u8>)],
) -> Result<(), StoreError> {
    let rows = new.iter().map(|(id, wrapped)| {
        vec![
            id.bytes().to_vec().into(),
            master.bytes().into(),
            wrapped.clone().into(),
            Value::Integer(Some(0)),
        ]
    });
    let head = "INSERT INTO data_keys (id, master, wrapped, at)";
    let tail = "ON CONFLICT (id) DO UPDATE SET master = excluded.master, wrapped = excluded.wrapped
                WHERE data_keys.wrapped IS NOT NULL";
    for statement in insert_many(head, rows.collect(), tail) {
        tx.run(statement).await?;
    }
    Ok(())
}
