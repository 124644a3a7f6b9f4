//! Partitions: what a large collection is given, so that it has an index of its own, which no other collection's rows are in.

use sqlx::AssertSqlSafe;

use super::Table;
use crate::db::{Tx, sql};
use crate::error::StoreError;
use crate::vectors::VectorStats;

/// The lock under which one is made: it takes all of a core for minutes, and one at a time is enough.
const LOCK: i64 = 0x726f_7374_726f_7602;

pub(super) async fn stats(tx: &mut Tx<'_>, table: &Table) -> Result<VectorStats, StoreError> {
    let name = &table.name;
    let text = format!(
        "SELECT COALESCE(SUM(faces), 0)::BIGINT AS rows, COUNT(*) AS scopes, (SELECT COUNT(*) FROM {name}_parts) AS partitions
         FROM (SELECT SUM(faces) AS faces FROM {name}_counts WHERE scope <> '' GROUP BY scope HAVING SUM(faces) > 0) AS of_scopes"
    );
    let row = tx.row(sql(AssertSqlSafe(text))).await?;
    let Some(row) = row else {
        return Ok(VectorStats::default());
    };
    let count = |column: &str| -> Result<u64, StoreError> {
        Ok(row.get::<i64>(column)?.try_into().unwrap_or(0))
    };
    Ok(VectorStats {
        rows: count("rows")?,
        scopes: count("scopes")?,
        partitions: count("partitions")?,
    })
}

/// Makes one row of each scope's counts.
pub(super) async fn sum_up(tx: &mut Tx<'_>, table: &Table) -> Result<(), StoreError> {
    let text = format!(
        "WITH old AS (DELETE FROM {name}_counts RETURNING client_id, scope, faces)
         INSERT INTO {name}_counts SELECT client_id, scope, SUM(faces) FROM old GROUP BY client_id, scope HAVING SUM(faces) <> 0",
        name = table.name
    );
    tx.run(sql(AssertSqlSafe(text))).await.map(drop)
}

/// Gives the largest scope without a partition one, if it has `threshold` rows; whether it did.
///
/// Rows are copied, and the index is built of the copy, while everybody reads and writes. Only then are writers held up, for as long as it
/// takes to copy what they changed meanwhile, to delete the originals, and to put the copy in their place.
pub(super) async fn split_one(
    tx: &mut Tx<'_>,
    table: &Table,
    threshold: u64,
) -> Result<bool, StoreError> {
    let lock = sql("SELECT pg_try_advisory_xact_lock($1) AS mine").bind(LOCK);
    if !tx
        .row(lock)
        .await?
        .map_or(Ok(false), |row| row.get("mine"))?
    {
        return Ok(false);
    }
    let name = &table.name;
    let text = format!(
        "SELECT client_id, scope FROM {name}_counts c
         WHERE scope <> '' AND NOT EXISTS (SELECT 1 FROM {name}_parts p WHERE p.scope = c.scope)
         GROUP BY client_id, scope HAVING SUM(faces) >= $1 ORDER BY SUM(faces) DESC, scope LIMIT 1"
    );
    let threshold = i64::try_from(threshold).unwrap_or(i64::MAX);
    let largest = tx.row(sql(AssertSqlSafe(text)).bind(threshold)).await?;
    let Some(largest) = largest else {
        return Ok(false);
    };
    let (client, scope): (String, String) = (largest.get("client_id")?, largest.get("scope")?);
    // It becomes part of names: an id, with a letter before that of an account.
    if !scope.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(StoreError::Corrupt("the scope of a vector"));
    }
    let (rest, part) = (table.rest(), format!("{name}_{scope}"));
    let half = format!("{}.halfvec_ip_ops", table.extension);
    let before = [
        format!("CREATE TABLE {part} (LIKE {rest} INCLUDING ALL)"),
        format!("INSERT INTO {part} SELECT * FROM {rest} WHERE scope = '{scope}'"),
        format!("CREATE INDEX {part}_near ON {part} USING hnsw (embedding {half})"),
        // In the order in which writers take them.
        "LOCK TABLE faces IN SHARE ROW EXCLUSIVE MODE".to_owned(),
        format!("LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"),
        format!(
            "DELETE FROM {part} p WHERE NOT EXISTS
               (SELECT 1 FROM {rest} r WHERE r.scope = p.scope AND r.face_id = p.face_id AND r.main = p.main)"
        ),
        format!("INSERT INTO {part} SELECT * FROM {rest} WHERE scope = '{scope}' ON CONFLICT DO NOTHING"),
        // Straight from the partition: nothing is counted, because nothing is gone.
        format!("DELETE FROM {rest} WHERE scope = '{scope}'"),
        format!("ALTER TABLE {name} ATTACH PARTITION {part} FOR VALUES IN ('{scope}')"),
    ];
    for statement in before {
        tx.run(sql(AssertSqlSafe(statement))).await?;
    }
    let text = format!("INSERT INTO {name}_parts (scope, client_id, name) VALUES ($1, $2, $3)");
    let row = sql(AssertSqlSafe(text))
        .bind(scope)
        .bind(client)
        .bind(part.as_str());
    tx.run(row).await?;
    // Without figures of it the planner takes the new partition for empty.
    tx.run(sql(AssertSqlSafe(format!("ANALYZE {part}"))))
        .await?;
    Ok(true)
}
