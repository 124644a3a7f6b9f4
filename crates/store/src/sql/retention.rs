//! What has been kept long enough.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::before;
use crate::db::{Database, Tx, sql};
use crate::error::StoreError;
use crate::ids::{ClientId, PersonId};
use crate::retention::Retention;

async fn expired(
    tx: &mut Tx<'_>,
    before: OffsetDateTime,
    limit: u32,
) -> Result<Vec<(ClientId, PersonId)>, StoreError> {
    let statement = sql(
        "SELECT id, client_id FROM persons WHERE updated_at <= $1 ORDER BY updated_at LIMIT $2",
    )
    .bind(before)
    .bind(i64::from(limit));
    let rows = tx.rows(statement).await?;
    let ids = |row: &crate::db::Row| Ok((row.id("client_id")?, row.id("id")?));
    rows.iter().map(ids).collect()
}

#[async_trait]
impl Retention for Database {
    async fn expired_persons(
        &self,
        age: Duration,
        limit: u32,
    ) -> Result<Vec<(ClientId, PersonId)>, StoreError> {
        let Some(before) = before(age) else {
            return Ok(Vec::new());
        };
        self.read(move |tx| Box::pin(expired(tx, before, limit)))
            .await
    }
}
