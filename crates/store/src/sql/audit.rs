//! The audit of biometric calls.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::before;
use crate::audit::{
    Audit, AuditEnds, AuditHash, AuditPoint, AuditRow, KEY_NAME, Seal, SealKey, Verification, link,
};
use crate::db::{Database, Row, Tx, Value, in_list, insert_many, sql};
use crate::error::StoreError;
use crate::ids::PersonId;

async fn append(
    tx: &mut Tx<'_>,
    key: &SealKey,
    records: Vec<Verification>,
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    known(tx, &records).await?;
    // The lock that puts all writers into order comes first: the hashes need it.
    let end = sql("UPDATE audit_chain SET last = last + $1 RETURNING last - $1 AS last, hash")
        .bind(records.len() as i64);
    let end = tx.row(end).await?.ok_or(StoreError::Corrupt(ENDS))?;
    let mut before = AuditPoint {
        seq: end.get("last")?,
        hash: hash(&end, "hash")?,
    };
    let mut rows = Vec::with_capacity(records.len());
    for mut record in records {
        // As it will be read: what is finer than a millisecond is not kept.
        let at = record.created_at;
        record.created_at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
        let seq = before.seq + 1;
        let hash = link(before.hash, seq, &record);
        let seal = key.seal(hash);
        let persons: Vec<String> = record.persons.iter().map(ToString::to_string).collect();
        rows.push(vec![
            record.id.to_string().into(),
            record.client.to_string().into(),
            record.kind.into(),
            record.details.into(),
            record.request_id.into(),
            record.created_at.into(),
            seq.into(),
            record.credential.into(),
            record.address.into(),
            record.model.into(),
            serde_json::Value::from(persons).into(),
            hash.0.to_vec().into(),
            seal.key.to_vec().into(),
            seal.mac.to_vec().into(),
        ]);
        before = AuditPoint { seq, hash };
    }
    let head = "INSERT INTO verifications (id, client_id, kind, details, request_id, created_at, seq, credential, address, model,
                                           persons, hash, seal_key, seal)";
    for statement in insert_many(head, rows, "") {
        tx.run(statement).await?;
    }
    tx.run(sql("UPDATE audit_chain SET hash = $1").bind(before.hash.0.to_vec()))
        .await?;
    Ok(())
}

/// SQLite does not tell which reference leads nowhere.
async fn known(tx: &mut Tx<'_>, records: &[Verification]) -> Result<(), StoreError> {
    let clients: BTreeSet<String> = records.iter().map(|one| one.client.to_string()).collect();
    let count = clients.len() as i64;
    let (list, values) = in_list(1, clients.into_iter().map(Value::from).collect());
    let statement = AssertSqlSafe(format!(
        "SELECT COUNT(*) AS known FROM clients WHERE id IN ({list})"
    ));
    let row = tx.row(sql(statement).bind_all(values)).await?;
    let known: i64 = row.map_or(Ok(0), |row| row.get("known"))?;
    if known == count {
        Ok(())
    } else {
        Err(StoreError::ClientNotFound)
    }
}

const ENDS: &str = "the ends of the audit";

fn bytes<const N: usize>(row: &Row, column: &str) -> Result<[u8; N], StoreError> {
    let bytes: Vec<u8> = row.get(column)?;
    bytes
        .try_into()
        .map_err(|_| StoreError::Corrupt("a hash or seal of the audit"))
}

fn hash(row: &Row, column: &str) -> Result<AuditHash, StoreError> {
    bytes(row, column).map(AuditHash)
}

async fn ends(tx: &mut Tx<'_>) -> Result<AuditEnds, StoreError> {
    let row = tx.row(sql("SELECT * FROM audit_chain")).await?;
    let row = row.ok_or(StoreError::Corrupt(ENDS))?;
    Ok(AuditEnds {
        pruned: AuditPoint {
            seq: row.get("pruned")?,
            hash: hash(&row, "pruned_hash")?,
        },
        last: AuditPoint {
            seq: row.get("last")?,
            hash: hash(&row, "hash")?,
        },
    })
}

async fn after(tx: &mut Tx<'_>, seq: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
    let statement = sql("SELECT * FROM verifications WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(seq)
        .bind(i64::from(limit));
    tx.rows(statement).await?.iter().map(audit_row).collect()
}

fn audit_row(row: &Row) -> Result<AuditRow, StoreError> {
    let persons: Vec<String> = row.json("persons")?;
    let persons = persons.iter().map(|id| id.parse::<PersonId>());
    Ok(AuditRow {
        seq: row.get("seq")?,
        hash: hash(row, "hash")?,
        seal: Seal {
            key: bytes::<KEY_NAME>(row, "seal_key")?,
            mac: bytes(row, "seal")?,
        },
        record: Verification {
            id: row.id("id")?,
            client: row.id("client_id")?,
            kind: row.get("kind")?,
            details: row.json("details")?,
            persons: persons
                .collect::<Result<_, _>>()
                .map_err(|_| StoreError::Corrupt("an identifier"))?,
            model: row.get("model")?,
            credential: row.get("credential")?,
            address: row.get("address")?,
            request_id: row.get("request_id")?,
            created_at: row.moment("created_at")?,
        },
    })
}

/// Deletes from the beginning up to the first young one, so that what is left is one chain.
async fn prune(tx: &mut Tx<'_>, before: OffsetDateTime, limit: u32) -> Result<u64, StoreError> {
    let oldest = sql(
        "SELECT seq, hash, created_at FROM verifications WHERE seq IS NOT NULL ORDER BY seq LIMIT $1",
    );
    let oldest = tx.rows(oldest.bind(i64::from(limit.max(1)))).await?;
    let mut end = None;
    for row in &oldest {
        if row.moment("created_at")? > before {
            break;
        }
        let seq: i64 = row.get("seq")?;
        end = Some((seq, hash(row, "hash")?));
    }
    // Rows from before there was a chain.
    let unchained = "DELETE FROM verifications WHERE id IN
                     (SELECT id FROM verifications WHERE seq IS NULL AND created_at <= $1 LIMIT $2)";
    let mut deleted = tx
        .run(sql(unchained).bind(before).bind(i64::from(limit.max(1))))
        .await?;
    if let Some((seq, hash)) = end {
        deleted += tx
            .run(sql("DELETE FROM verifications WHERE seq <= $1").bind(seq))
            .await?;
        let begin = "UPDATE audit_chain SET pruned = $1, pruned_hash = $2 WHERE pruned < $1";
        tx.run(sql(begin).bind(seq).bind(hash.0.to_vec())).await?;
    }
    Ok(deleted)
}

#[async_trait]
impl Audit for Database {
    async fn append_audit(
        &self,
        key: &SealKey,
        records: Vec<Verification>,
    ) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(move |tx| {
            let (key, records) = (key.clone(), records.clone());
            Box::pin(async move { append(tx, &key, records).await })
        })
        .await
    }

    async fn audit_ends(&self) -> Result<AuditEnds, StoreError> {
        self.read(|tx| Box::pin(ends(tx))).await
    }

    async fn audit_after(&self, seq: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read(move |tx| Box::pin(after(tx, seq, limit))).await
    }

    async fn prune_audit(&self, age: Duration, limit: u32) -> Result<u64, StoreError> {
        let Some(before) = before(age) else {
            return Ok(0);
        };
        self.write(move |tx| Box::pin(prune(tx, before, limit)))
            .await
    }
}
