//! API keys and login codes.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{clients, now};
use crate::access::{ApiKey, ApiKeys, CodeCheck, LoginChannel, LoginCodes, NewApiKey};
use crate::client::Client;
use crate::db::{Database, Row, Tx, sql};
use crate::error::StoreError;
use crate::ids::{ApiKeyId, ClientId};

fn api_key(row: &Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.id("id")?,
        client: row.id("client_id")?,
        label: row.get("label")?,
        prefix: row.get("prefix")?,
        created_at: row.moment("created_at")?,
        last_used_at: row.optional_moment("last_used_at")?,
    })
}

async fn insert_key(
    tx: &mut Tx<'_>,
    client: ClientId,
    new: NewApiKey,
) -> Result<ApiKey, StoreError> {
    let statement = sql(
        "INSERT INTO api_keys (id, client_id, hash, label, prefix, created_at)
                         SELECT $1, id, $3, $4, $5, $6 FROM clients WHERE id = $2 RETURNING *",
    )
    .bind(ApiKeyId::random().to_string())
    .bind(client.to_string())
    .bind(new.hash.to_vec())
    .bind(new.label)
    .bind(new.prefix)
    .bind(now());
    api_key(&tx.row(statement).await?.ok_or(StoreError::ClientNotFound)?)
}

async fn client_of_key(
    tx: &mut Tx<'_>,
    hash: [u8; 32],
) -> Result<Option<(ApiKey, Client)>, StoreError> {
    let statement = sql("SELECT * FROM api_keys WHERE hash = $1");
    let Some(row) = tx.row(statement.bind(hash.to_vec())).await? else {
        return Ok(None);
    };
    let key = api_key(&row)?;
    // A key goes with its account.
    let client = clients::by_id(tx, key.client).await?;
    Ok(client.map(|client| (key, client)))
}

async fn note_use(tx: &mut Tx<'_>, key: ApiKeyId) -> Result<(), StoreError> {
    let statement = sql("UPDATE api_keys SET last_used_at = $2 WHERE id = $1");
    tx.run(statement.bind(key.to_string()).bind(now()))
        .await
        .map(drop)
}

async fn rehash(tx: &mut Tx<'_>, key: ApiKeyId, hash: [u8; 32]) -> Result<(), StoreError> {
    let statement = sql("UPDATE api_keys SET hash = $2 WHERE id = $1");
    tx.run(statement.bind(key.to_string()).bind(hash.to_vec()))
        .await
        .map(drop)
}

async fn keys(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<ApiKey>, StoreError> {
    let statement = sql("SELECT * FROM api_keys WHERE client_id = $1 ORDER BY created_at, id");
    tx.rows(statement.bind(client.to_string()))
        .await?
        .iter()
        .map(api_key)
        .collect()
}

async fn delete_key(tx: &mut Tx<'_>, client: ClientId, key: ApiKeyId) -> Result<bool, StoreError> {
    let statement = sql("DELETE FROM api_keys WHERE client_id = $1 AND id = $2");
    Ok(tx
        .run(statement.bind(client.to_string()).bind(key.to_string()))
        .await?
        > 0)
}

#[async_trait]
impl ApiKeys for Database {
    async fn create_api_key(&self, client: ClientId, new: NewApiKey) -> Result<ApiKey, StoreError> {
        self.write(move |tx| Box::pin(insert_key(tx, client, new.clone())))
            .await
    }

    async fn client_of_api_key(
        &self,
        hash: [u8; 32],
    ) -> Result<Option<(ApiKey, Client)>, StoreError> {
        self.look(move |tx| Box::pin(client_of_key(tx, hash))).await
    }

    async fn note_api_key_use(&self, key: ApiKeyId) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(note_use(tx, key))).await
    }

    async fn rehash_api_key(&self, key: ApiKeyId, hash: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(rehash(tx, key, hash))).await
    }

    async fn api_keys(&self, client: ClientId) -> Result<Vec<ApiKey>, StoreError> {
        self.read(move |tx| Box::pin(keys(tx, client))).await
    }

    async fn revoke_api_key(&self, client: ClientId, key: ApiKeyId) -> Result<bool, StoreError> {
        self.write(move |tx| Box::pin(delete_key(tx, client, key)))
            .await
    }
}

async fn put_code(
    tx: &mut Tx<'_>,
    client: ClientId,
    channel: LoginChannel,
    hash: [u8; 32],
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let statement = sql("INSERT INTO login_codes (client_id, channel, hash, tries, expires_at)
                         SELECT id, $2, $3, 0, $4 FROM clients WHERE id = $1
                         ON CONFLICT (client_id, channel) DO UPDATE SET hash = excluded.hash, tries = 0, expires_at = excluded.expires_at")
    .bind(client.to_string())
    .bind(channel.as_str())
    .bind(hash.to_vec())
    .bind(expires_at);
    if tx.run(statement).await? == 0 {
        Err(StoreError::ClientNotFound)
    } else {
        Ok(())
    }
}

async fn try_code(
    tx: &mut Tx<'_>,
    client: ClientId,
    channel: LoginChannel,
    hash: [u8; 32],
    max_tries: u32,
) -> Result<CodeCheck, StoreError> {
    // Counting first locks the row: tries that run at once come one after the other.
    let count = sql("UPDATE login_codes SET tries = tries + 1
                     WHERE client_id = $1 AND channel = $2 AND tries < $3 AND expires_at > $4 RETURNING hash")
    .bind(client.to_string())
    .bind(channel.as_str())
    .bind(i64::from(max_tries))
    .bind(now());
    let right = match tx.row(count).await? {
        Some(row) => row.get::<Vec<u8>>("hash")? == hash,
        None => false,
    };
    if !right {
        return Ok(CodeCheck::Refused);
    }
    let used = sql("DELETE FROM login_codes WHERE client_id = $1 AND channel = $2");
    tx.run(used.bind(client.to_string()).bind(channel.as_str()))
        .await?;
    Ok(CodeCheck::Accepted)
}

#[async_trait]
impl LoginCodes for Database {
    async fn put_login_code(
        &self,
        client: ClientId,
        channel: LoginChannel,
        hash: [u8; 32],
        expires_at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(put_code(tx, client, channel, hash, expires_at)))
            .await
    }

    async fn try_login_code(
        &self,
        client: ClientId,
        channel: LoginChannel,
        hash: [u8; 32],
        max_tries: u32,
    ) -> Result<CodeCheck, StoreError> {
        self.write(move |tx| Box::pin(try_code(tx, client, channel, hash, max_tries)))
            .await
    }

    async fn prune_login_codes(&self) -> Result<u64, StoreError> {
        self.write(|tx| {
            Box::pin(async {
                tx.run(sql("DELETE FROM login_codes WHERE expires_at <= $1").bind(now()))
                    .await
            })
        })
        .await
    }
}
