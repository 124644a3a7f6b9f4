//! Sealing what is in the clear, and the end of data keys.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use sqlx::AssertSqlSafe;

use super::{CHUNK, now, persons};
use crate::change::ChangeKind;
use crate::db::{Database, Row, Tx, Value, in_list, insert_many, sql};
use crate::encryption::{Encryption, KeyFate};
use crate::error::StoreError;
use crate::ids::{ClientId, FaceId, PersonId};
use crate::vault::{DataKey, DataKeyId, Purpose, Reading, Rotated, Vault};

/// Persons whose blind indexes are made in one transaction.
const INDEXED_AT_ONCE: i64 = 500;

/// Bytes of the id of a data key.
const KEY_ID: usize = 16;

/// Which key store the database belongs to, once it is encrypted.
pub(crate) async fn key_store(database: &Database) -> Result<Option<Vec<u8>>, StoreError> {
    let read = database
        .read(|tx| Box::pin(async { tx.row(sql("SELECT key_store FROM encryption")).await }));
    read.await?.map(|row| row.get("key_store")).transpose()
}

/// Without keys an encrypted database is not opened: half of its persons would be unreadable, the other half in the clear.
pub(crate) async fn refuse_sealed(database: &Database) -> Result<(), StoreError> {
    match key_store(database).await? {
        None => Ok(()),
        Some(_) => Err(StoreError::Encryption(
            "the database is encrypted, which cannot be switched off (encryption.enabled): export the accounts and import them into a new one"
                .to_owned(),
        )),
    }
}

/// From now on persons are sealed.
pub(crate) async fn begin(database: &Database, vault: Vault) -> Result<(), StoreError> {
    let id = vault.id().to_vec();
    let pair = database.write(move |tx| {
        let id = id.clone();
        Box::pin(async move {
            let statement = sql(
                "INSERT INTO encryption (single, key_store, clean) SELECT TRUE, $1, NOT EXISTS (SELECT 1 FROM persons)
                 WHERE TRUE ON CONFLICT DO NOTHING",
            );
            tx.run(statement.bind(id)).await.map(drop)
        })
    });
    pair.await?;
    if key_store(database).await?.as_deref() != Some(vault.id()) {
        return Err(StoreError::Encryption(
            "the key store is that of another database".to_owned(),
        ));
    }
    database.unlock(vault);
    while database.write(|tx| Box::pin(index_some(tx))).await? {}
    remove_erased(database).await?;
    if let Err(error) = database.destroy_pending().await {
        tracing::warn!(%error, "data keys of deleted persons are not destroyed yet");
    }
    Ok(())
}

/// Makes the blind indexes of some persons who were stored before there were any; false when all have them.
async fn index_some(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let Some(vault) = tx.vault.clone() else {
        return Ok(false);
    };
    let rows = sql(
        "SELECT id, client_id, identity, search_name, external_id FROM persons
                    WHERE data_key IS NULL AND name_index IS NULL ORDER BY id LIMIT $1",
    );
    let rows = tx.rows(rows.bind(INDEXED_AT_ONCE)).await?;
    let mut new = Vec::with_capacity(rows.len());
    for row in &rows {
        let client: ClientId = row.id("client_id")?;
        let identity: Vec<u8> = row.get("identity")?;
        let identity = if persons::is_namesake(row)? {
            identity
        } else {
            vault.blind.identity(client, &identity)
        };
        let external: Option<String> = row.get("external_id")?;
        new.push(vec![
            row.get::<String>("id")?.into(),
            identity.into(),
            vault
                .blind
                .name(client, &row.get::<String>("search_name")?)
                .into(),
            external
                .map(|id| vault.blind.external_id(client, &id))
                .into(),
        ]);
    }
    let head = "UPDATE persons SET identity = v.column2, name_index = v.column3, external_index = v.column4 FROM (";
    let tail = ") AS v WHERE persons.id = v.column1";
    for statement in insert_many(head, new, tail) {
        tx.run(statement).await?;
    }
    Ok(!rows.is_empty())
}

/// Removes persons whose keys are destroyed: they were deleted after this copy of the database was made.
async fn remove_erased(database: &Database) -> Result<(), StoreError> {
    let Some(vault) = database.vault().cloned() else {
        return Ok(());
    };
    let (mut after, mut removed) = (None, 0);
    loop {
        let destroyed = vault.destroyed(after, CHUNK).await?;
        let Some(&last) = destroyed.last() else { break };
        after = Some(last);
        let destroyed: Arc<[DataKeyId]> = destroyed.into();
        let done = database.change(move |tx| {
            let destroyed = Arc::clone(&destroyed);
            Box::pin(async move { remove_keyless(tx, &destroyed).await })
        });
        removed += done.await?.value;
    }
    if removed > 0 {
        tracing::warn!(
            persons = removed,
            "this copy of the database is older than the deletion of some persons: they were removed from it"
        );
    }
    Ok(())
}

async fn remove_keyless(tx: &mut Tx<'_>, destroyed: &[DataKeyId]) -> Result<u64, StoreError> {
    let ids = destroyed
        .iter()
        .map(|key| Value::from(key.person().to_string()));
    let (list, values) = in_list(1, ids.collect());
    let text = format!("SELECT id, client_id, data_key FROM persons WHERE id IN ({list})");
    let mut removed = 0;
    for row in tx.rows(sql(AssertSqlSafe(text)).bind_all(values)).await? {
        if row.data_key()?.is_some_and(|key| destroyed.contains(&key)) {
            let (client, person): (ClientId, PersonId) = (row.id("client_id")?, row.id("id")?);
            let statement = sql("DELETE FROM persons WHERE id = $1").bind(person.to_string());
            tx.run(statement).await?;
            tx.changes
                .push((client, ChangeKind::PersonRemoved { person }));
            removed += 1;
        }
    }
    Ok(removed)
}

impl Tx<'_> {
    /// Notes, with the transaction, which data keys are to be destroyed after it.
    pub(super) async fn note_erased(&mut self) -> Result<Vec<DataKeyId>, StoreError> {
        let erased = std::mem::take(&mut self.erased);
        let rows = erased
            .iter()
            .map(|key| vec![key.bytes().to_vec().into(), now().into()]);
        let head = "INSERT INTO erasures (data_key, created_at)";
        for statement in insert_many(head, rows.collect(), "ON CONFLICT DO NOTHING") {
            self.run(statement).await?;
        }
        Ok(erased)
    }
}

impl Database {
    /// Destroys the data keys of persons whose deletion is durable.
    pub(super) async fn destroy(&self, erased: Vec<DataKeyId>) -> KeyFate {
        let Some(vault) = self.vault().filter(|_| !erased.is_empty()) else {
            return KeyFate::None;
        };
        if let Err(error) = vault.destroy(erased.clone()).await {
            tracing::warn!(%error, "data keys of deleted persons could not be destroyed; trying again later");
            return KeyFate::Pending;
        }
        let erased: Arc<[DataKeyId]> = erased.into();
        let settled = self.write(move |tx| {
            let erased = Arc::clone(&erased);
            Box::pin(async move {
                for part in erased.chunks(CHUNK) {
                    let ids = part.iter().map(|key| Value::from(key.bytes().to_vec()));
                    let (list, values) = in_list(1, ids.collect());
                    let text = format!("DELETE FROM erasures WHERE data_key IN ({list})");
                    tx.run(sql(AssertSqlSafe(text)).bind_all(values)).await?;
                }
                Ok(())
            })
        });
        if let Err(error) = settled.await {
            // They are destroyed once more then, which changes nothing.
            tracing::debug!(%error, "an erasure was not ticked off");
        }
        KeyFate::Destroyed
    }
}

/// The rows of some persons in the clear.
async fn clear_persons(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<PersonId>, StoreError> {
    let statement = sql("SELECT id FROM persons WHERE data_key IS NULL ORDER BY id LIMIT $1");
    let rows = tx.rows(statement.bind(limit)).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Seals these persons with these keys. Keys that another node's work made needless are returned.
async fn seal_persons(
    tx: &mut Tx<'_>,
    keys: &[(PersonId, Arc<DataKey>)],
) -> Result<Vec<DataKeyId>, StoreError> {
    let mut needless = Vec::new();
    for (person, key) in keys {
        // Takes the row's lock: whoever changes the person does so before or after.
        let statement =
            sql("UPDATE persons SET data_key = $2 WHERE id = $1 AND data_key IS NULL RETURNING *");
        let statement = statement
            .bind(person.to_string())
            .bind(key.id.bytes().to_vec());
        let Some(row) = tx.row(statement).await? else {
            needless.push(key.id);
            continue;
        };
        persons::seal_row(tx, &row, key).await?;
        seal_faces(tx, *person, key).await?;
    }
    Ok(needless)
}

async fn seal_faces(tx: &mut Tx<'_>, person: PersonId, key: &DataKey) -> Result<(), StoreError> {
    let templates = sql("SELECT id AS face, model_id, embedding FROM faces WHERE person_id = $1")
        .bind(person.to_string());
    for row in tx.rows(templates).await? {
        let (face, sealed) = sealed_template(&row, key)?;
        let statement = sql("UPDATE faces SET embedding = $2 WHERE id = $1");
        tx.run(statement.bind(face.uuid()).bind(sealed)).await?;
    }
    let further = sql(
        "SELECT face_id AS face, model_id, embedding FROM further_templates WHERE person_id = $1",
    );
    // The model's id leads the index.
    for row in tx.rows(further.bind(person.to_string())).await? {
        let (face, sealed) = sealed_template(&row, key)?;
        let statement =
            sql("UPDATE further_templates SET embedding = $2 WHERE face_id = $1 AND model_id = $3");
        let statement = statement.bind(face.uuid()).bind(sealed);
        tx.run(statement.bind(row.get::<Vec<u8>>("model_id")?))
            .await?;
    }
    let pictures = sql(
        "SELECT i.* FROM face_images i JOIN faces f ON f.id = i.face_id WHERE f.person_id = $1",
    );
    for row in tx.rows(pictures.bind(person.to_string())).await? {
        let face: FaceId = row.uuid("face_id")?;
        let seal = |column: &str, purpose| -> Result<Option<Vec<u8>>, StoreError> {
            let bytes: Option<Vec<u8>> = row.get(column)?;
            bytes.map(|bytes| key.seal(purpose, &bytes)).transpose()
        };
        let statement = sql("UPDATE face_images SET thumbnail = $2, crop = $3, crop_landmarks = $4, original = $5 WHERE face_id = $1")
            .bind(face.uuid())
            .bind(seal("thumbnail", Purpose::Thumbnail(face))?)
            .bind(seal("crop", Purpose::Crop(face))?)
            .bind(seal("crop_landmarks", Purpose::Landmarks(face))?)
            .bind(seal("original", Purpose::Original(face))?);
        tx.run(statement).await?;
    }
    Ok(())
}

fn sealed_template(row: &Row, key: &DataKey) -> Result<(FaceId, Vec<u8>), StoreError> {
    let (face, model) = (row.uuid("face")?, super::faces::model(row)?);
    let sealed = key.seal(
        Purpose::Template(face, model),
        &row.get::<Vec<u8>>("embedding")?,
    )?;
    Ok((face, sealed))
}

async fn count_clear(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let row = tx
        .row(sql(
            "SELECT COUNT(*) AS clear FROM persons WHERE data_key IS NULL",
        ))
        .await?;
    let clear: i64 = row.map_or(Ok(0), |row| row.get("clear"))?;
    Ok(clear.try_into().unwrap_or(0))
}

async fn is_clean(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let row = tx.row(sql("SELECT clean FROM encryption")).await?;
    row.map_or(Ok(true), |row| row.get("clean"))
}

async fn pending(tx: &mut Tx<'_>) -> Result<Vec<DataKeyId>, StoreError> {
    let rows = tx
        .rows(sql(
            "SELECT data_key FROM erasures ORDER BY data_key LIMIT 1000",
        ))
        .await?;
    rows.iter()
        .map(|row| DataKeyId::read(row.get("data_key")?))
        .collect()
}

#[async_trait]
impl Encryption for Database {
    fn is_encrypted(&self) -> bool {
        self.vault().is_some()
    }

    async fn seal_some(&self, limit: u32) -> Result<u64, StoreError> {
        let Some(vault) = self.vault().cloned() else {
            return Ok(0);
        };
        let limit = i64::from(limit.max(1));
        let people = self
            .read(move |tx| Box::pin(clear_persons(tx, limit)))
            .await?;
        if people.is_empty() {
            return Ok(0);
        }
        let keys = vault.create(&people).await?;
        let count = people.len() as u64;
        let keys: Arc<[_]> = people.into_iter().zip(keys).collect();
        let work = Arc::clone(&keys);
        let sealed = self.write(move |tx| {
            let keys = Arc::clone(&work);
            Box::pin(async move { seal_persons(tx, &keys).await })
        });
        let needless = sealed.await?;
        if !needless.is_empty() {
            vault.discard(needless).await;
        }
        Ok(count)
    }

    async fn count_clear(&self) -> Result<u64, StoreError> {
        if !self.is_encrypted() {
            return Ok(0);
        }
        self.read(|tx| Box::pin(count_clear(tx))).await
    }

    async fn wipe_clear(&self) -> Result<bool, StoreError> {
        if !self.is_encrypted()
            || self.read(|tx| Box::pin(is_clean(tx))).await?
            || self.count_clear().await? > 0
        {
            return Ok(false);
        }
        self.compact().await?;
        self.write(|tx| {
            Box::pin(async {
                tx.run(sql("UPDATE encryption SET clean = TRUE"))
                    .await
                    .map(drop)
            })
        })
        .await?;
        Ok(true)
    }

    async fn destroy_pending(&self) -> Result<u64, StoreError> {
        let mut done = 0;
        loop {
            let keys = self.read(|tx| Box::pin(pending(tx))).await?;
            if keys.is_empty() || !self.is_encrypted() {
                return Ok(done);
            }
            let count = keys.len() as u64;
            if self.destroy(keys).await != KeyFate::Destroyed {
                return Ok(done);
            }
            done += count;
        }
    }

    async fn seal_for(
        &self,
        texts: Vec<(PersonId, Vec<u8>)>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let people: Arc<[PersonId]> = texts.iter().map(|(person, _)| *person).collect();
        let read = self.read(move |tx| {
            let people = Arc::clone(&people);
            Box::pin(async move { persons::readings_of(tx, &people).await })
        });
        let readings = read.await?;
        let seal = |(person, text): (PersonId, Vec<u8>)| {
            let Some(key) = readings.get(&person).and_then(Reading::key) else {
                return Ok(None);
            };
            let mut sealed = key.id.bytes().to_vec();
            sealed.extend(key.seal(Purpose::Archive(person), &text)?);
            Ok(Some(sealed))
        };
        texts.into_iter().map(seal).collect()
    }

    async fn unseal_for(
        &self,
        sealed: Vec<(PersonId, Vec<u8>)>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        const FOREIGN: StoreError = StoreError::Corrupt("it was not sealed with this key store");
        let vault = self.vault().ok_or(FOREIGN)?;
        let mut parts = Vec::with_capacity(sealed.len());
        for (person, mut key) in sealed {
            if key.len() < KEY_ID {
                return Err(FOREIGN);
            }
            let text = key.split_off(KEY_ID);
            parts.push((person, DataKeyId::read(key)?, text));
        }
        let keys = vault
            .keys(parts.iter().map(|(_, key, _)| *key).collect())
            .await?;
        let open = |(person, key, text)| match keys.reading(Some(key)).ok_or(FOREIGN)? {
            Reading::Sealed(key) => key.open(Purpose::Archive(person), text).map(Some),
            Reading::Clear | Reading::Erased => Ok(None),
        };
        parts.into_iter().map(open).collect()
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let vault = self.vault()?;
        Some(hmac::sign(vault.receipts(), message).as_ref().to_vec())
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = self.vault().map(|vault| vault.receipts());
        key.is_some_and(|key| hmac::verify(key, message, signature).is_ok())
    }

    async fn rotate_master(
        &self,
        progress: Box<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Rotated, StoreError> {
        let vault = self.vault().ok_or_else(|| {
            StoreError::Encryption("the database is not encrypted (encryption.enabled)".to_owned())
        })?;
        vault.rotate(progress).await
    }
}
