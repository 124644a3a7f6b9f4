//! Accounts.

use rand::distr::{Alphanumeric, SampleString};

use super::now;
use crate::client::{Client, ClientUpdate, NewClient};
use crate::db::{Row, Tx, sql};
use crate::error::StoreError;
use crate::ids::ClientId;

/// 24 letters and digits: 142 bits.
const PHRASE_LENGTH: usize = 24;

fn new_phrase() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), PHRASE_LENGTH)
}

fn folded(email: Option<String>) -> Option<String> {
    email.map(|email| email.trim().to_lowercase())
}

pub(super) fn client(row: &Row) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.id("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        phone: row.get("phone")?,
        token_phrase: row.get("token_phrase")?,
        tokens_from: row.optional_moment("tokens_from")?,
        disabled: row.get("disabled")?,
        settings: row.json("settings")?,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
    })
}

fn optional(row: Option<Row>) -> Result<Option<Client>, StoreError> {
    row.as_ref().map(client).transpose()
}

fn existing(row: Option<Row>) -> Result<Client, StoreError> {
    optional(row)?.ok_or(StoreError::ClientNotFound)
}

pub(super) async fn by_id(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<Client>, StoreError> {
    optional(
        tx.row(sql("SELECT * FROM clients WHERE id = $1").bind(id.to_string()))
            .await?,
    )
}

pub(super) async fn by_name(tx: &mut Tx<'_>, name: String) -> Result<Option<Client>, StoreError> {
    optional(
        tx.row(sql("SELECT * FROM clients WHERE name = $1").bind(name))
            .await?,
    )
}

pub(super) async fn by_email(tx: &mut Tx<'_>, email: String) -> Result<Option<Client>, StoreError> {
    optional(
        tx.row(sql("SELECT * FROM clients WHERE email = $1").bind(folded(Some(email))))
            .await?,
    )
}

pub(super) async fn by_phone(tx: &mut Tx<'_>, phone: String) -> Result<Vec<Client>, StoreError> {
    tx.rows(sql("SELECT * FROM clients WHERE phone = $1 ORDER BY id").bind(phone))
        .await?
        .iter()
        .map(client)
        .collect()
}

pub(super) async fn all(tx: &mut Tx<'_>) -> Result<Vec<Client>, StoreError> {
    tx.rows(sql("SELECT * FROM clients ORDER BY name"))
        .await?
        .iter()
        .map(client)
        .collect()
}

pub(super) async fn insert(tx: &mut Tx<'_>, new: NewClient) -> Result<Client, StoreError> {
    let statement = sql("INSERT INTO clients (id, name, email, phone, token_phrase, settings, created_at, updated_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *")
    .bind(ClientId::random().to_string())
    .bind(new.name)
    .bind(folded(new.email))
    .bind(new.phone)
    .bind(new_phrase())
    .bind(serde_json::json!({}))
    .bind(now());
    existing(tx.row(statement).await?)
}

pub(super) async fn rotate_token_phrase(
    tx: &mut Tx<'_>,
    id: ClientId,
) -> Result<Client, StoreError> {
    let statement = sql("UPDATE clients SET token_phrase = $2, updated_at = $3, tokens_from = $3 WHERE id = $1 RETURNING *")
        .bind(id.to_string())
        .bind(new_phrase())
        .bind(now());
    existing(tx.row(statement).await?)
}

pub(super) async fn set_disabled(
    tx: &mut Tx<'_>,
    id: ClientId,
    disabled: bool,
) -> Result<Client, StoreError> {
    let statement =
        sql("UPDATE clients SET disabled = $2, updated_at = $3 WHERE id = $1 RETURNING *")
            .bind(id.to_string())
            .bind(disabled)
            .bind(now());
    existing(tx.row(statement).await?)
}

pub(super) async fn update(
    tx: &mut Tx<'_>,
    id: ClientId,
    update: ClientUpdate,
) -> Result<Client, StoreError> {
    // Taking the row's lock first keeps a concurrent update from undoing ours.
    let touch = sql("UPDATE clients SET updated_at = $2 WHERE id = $1 RETURNING *")
        .bind(id.to_string())
        .bind(now());
    let mut client = existing(tx.row(touch).await?)?;
    let Some(settings) = client.settings.as_object_mut() else {
        return Err(StoreError::Corrupt("the settings of an account"));
    };
    for (key, value) in update.settings.unwrap_or_default() {
        if value.is_null() {
            settings.remove(&key);
        } else {
            settings.insert(key, value);
        }
    }
    let statement = sql("UPDATE clients SET name = $2, email = $3, phone = $4, settings = $5 WHERE id = $1 RETURNING *")
        .bind(id.to_string())
        .bind(update.name.unwrap_or(client.name))
        .bind(update.email.map_or(client.email, folded))
        .bind(update.phone.unwrap_or(client.phone))
        .bind(client.settings);
    existing(tx.row(statement).await?)
}
