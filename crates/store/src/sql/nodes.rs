//! The table of nodes.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::changes;
use crate::change::Revision;
use crate::db::{Database, Row, Tx, sql};
use crate::error::StoreError;
use crate::ids::{ClientId, CollectionId, PersonId};
use crate::nodes::{Beat, Node, Nodes};
use crate::open::DatabaseKind;

/// After so many milliseconds without a sign of life a node is forgotten.
const FORGOTTEN: i64 = 86_400_000;

/// The database's clock, in milliseconds: those of the nodes may differ.
fn clock(tx: &Tx<'_>) -> &'static str {
    match tx.kind() {
        DatabaseKind::Postgres => "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT",
        DatabaseKind::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

async fn beat(tx: &mut Tx<'_>, beat: Beat) -> Result<Vec<Node>, StoreError> {
    let clock = clock(tx);
    let note = format!(
        "INSERT INTO nodes (address, id, hold, serves, heartbeat_at) VALUES ($1, $2, $3, $4, {clock})
         ON CONFLICT (address) DO UPDATE SET id = excluded.id, hold = excluded.hold, serves = excluded.serves,
             heartbeat_at = excluded.heartbeat_at"
    );
    let note = sql(AssertSqlSafe(note))
        .bind(beat.address)
        .bind(beat.id)
        .bind(beat.hold)
        .bind(beat.serves);
    tx.run(note).await?;
    let forget = format!("DELETE FROM nodes WHERE heartbeat_at < {clock} - $1");
    tx.run(sql(AssertSqlSafe(forget)).bind(FORGOTTEN)).await?;
    all(tx).await
}

async fn all(tx: &mut Tx<'_>) -> Result<Vec<Node>, StoreError> {
    let text = format!(
        "SELECT *, {} - heartbeat_at AS age FROM nodes ORDER BY address",
        clock(tx)
    );
    let node = |row: &Row| {
        Ok(Node {
            said: Beat {
                address: row.get("address")?,
                id: row.uuid("id")?,
                hold: row.get("hold")?,
                serves: row.get("serves")?,
            },
            age: Duration::from_millis(row.get::<i64>("age")?.try_into().unwrap_or(0)),
        })
    };
    tx.rows(sql(AssertSqlSafe(text)))
        .await?
        .iter()
        .map(node)
        .collect()
}

async fn collections(
    tx: &mut Tx<'_>,
    client: ClientId,
) -> Result<(Revision, Vec<CollectionId>), StoreError> {
    let revision = changes::newest(tx).await?;
    let statement = sql("SELECT id FROM collections WHERE client_id = $1");
    let rows = tx.rows(statement.bind(client.to_string())).await?;
    let ids = rows.iter().map(|row| row.id("id"));
    Ok((revision, ids.collect::<Result<_, _>>()?))
}

async fn loose(
    tx: &mut Tx<'_>,
    client: ClientId,
    after: Option<PersonId>,
    limit: u32,
) -> Result<Vec<PersonId>, StoreError> {
    let statement = sql("SELECT id FROM persons WHERE client_id = $1 AND id > $2
         AND NOT EXISTS (SELECT 1 FROM memberships WHERE memberships.person_id = persons.id) ORDER BY id LIMIT $3")
    .bind(client.to_string())
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .bind(i64::from(limit));
    let rows = tx.rows(statement).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

#[async_trait]
impl Nodes for Database {
    async fn beat(&self, said: Beat) -> Result<Vec<Node>, StoreError> {
        self.write(move |tx| Box::pin(beat(tx, said.clone()))).await
    }

    async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        self.read(|tx| Box::pin(all(tx))).await
    }

    async fn collections_of(
        &self,
        client: ClientId,
    ) -> Result<(Revision, Vec<CollectionId>), StoreError> {
        self.read(move |tx| Box::pin(collections(tx, client))).await
    }

    async fn loose_persons(
        &self,
        client: ClientId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.read(move |tx| Box::pin(loose(tx, client, after, limit)))
            .await
    }
}
