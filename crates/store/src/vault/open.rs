//! Opening the key store, and seeing to it that it is the right one.

use std::sync::{Arc, RwLock};

use aws_lc_rs::hmac;

use super::blind::Blind;
use super::master::{MasterKeyId, MasterKeySource, MasterKeys};
use super::seal::{DataKeyId, KeyBytes, random_key};
use super::{Vault, keys};
use crate::db::Database;
use crate::error::StoreError;

/// Keys of the installation as a whole; they are wrapped and rotated as those of persons are.
const BLIND: DataKeyId = DataKeyId::of_installation(*b"blnd");
const RECEIPTS: DataKeyId = DataKeyId::of_installation(*b"rcpt");

impl Vault {
    /// Opens the key store `store`, a new one too if `paired` says that the main database has none yet.
    pub(crate) async fn open(
        store: Database,
        source: Arc<dyn MasterKeySource>,
        paired: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        store.write(|tx| Box::pin(keys::make_tables(tx))).await?;
        let (id, master) = match store.read(|tx| Box::pin(keys::identity(tx))).await? {
            Some(there) => there,
            None if paired.is_some() => return Err(missing()),
            None => Self::found(&store, &*source).await?,
        };
        if paired.is_some_and(|paired| paired != id) {
            return Err(StoreError::Encryption(
                "the key store is that of another database".to_owned(),
            ));
        }
        let masters = source.load().await.map_err(StoreError::Encryption)?;
        let masters = masters.ok_or_else(|| {
            StoreError::Encryption(format!(
                "the database is encrypted, and the master key {master} is missing"
            ))
        })?;
        let mut needed = store.read(|tx| Box::pin(keys::masters(tx))).await?;
        needed.push(master);
        if let Some(unknown) = needed.into_iter().find(|&id| masters.get(id).is_none()) {
            return Err(wrong(unknown, &masters));
        }
        // Until the keys of the installation are read.
        let zero = KeyBytes::default();
        let mut vault = Self {
            store,
            id,
            source,
            masters: RwLock::new(masters),
            blind: Blind::new(&zero),
            receipts: hmac::Key::new(hmac::HMAC_SHA256, zero.as_slice()),
        };
        let [blind, receipts] = vault.installation_keys().await?;
        vault.blind = Blind::new(&blind);
        vault.receipts = hmac::Key::new(hmac::HMAC_SHA256, receipts.as_slice());
        Ok(vault)
    }

    /// Which key store it is: what the main database keeps.
    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }

    /// Another node may do the same now: who comes second takes what is there.
    async fn found(
        store: &Database,
        source: &dyn MasterKeySource,
    ) -> Result<(Vec<u8>, MasterKeyId), StoreError> {
        let masters = match source.load().await.map_err(StoreError::Encryption)? {
            Some(masters) => masters,
            None => source.create().await.map_err(StoreError::Encryption)?,
        };
        let (id, master) = (rand::random::<[u8; 16]>().to_vec(), masters.current().id());
        store
            .write(move |tx| {
                let id = id.clone();
                Box::pin(async move {
                    keys::found(tx, id, master).await?;
                    keys::identity(tx).await
                })
            })
            .await?
            .ok_or(StoreError::Corrupt("the key store is empty"))
    }

    async fn installation_keys(&self) -> Result<[KeyBytes; 2], StoreError> {
        let ids = [BLIND, RECEIPTS];
        let mut new = Vec::new();
        for id in ids {
            new.push((id, random_key()?));
        }
        let there = self.read_installation_keys(ids).await;
        match there? {
            Some(keys) => Ok(keys),
            None => {
                self.insert(new.into()).await?;
                self.read_installation_keys(ids).await?.ok_or_else(missing)
            }
        }
    }

    async fn read_installation_keys(
        &self,
        ids: [DataKeyId; 2],
    ) -> Result<Option<[KeyBytes; 2]>, StoreError> {
        let read = self
            .store
            .read(move |tx| Box::pin(async move { keys::of_ids(tx, &ids).await }));
        let mut found = Vec::new();
        for (id, wrapped) in read.await? {
            let wrapped = wrapped.ok_or(StoreError::Corrupt(
                "a key of the installation is destroyed",
            ))?;
            found.push((id, self.unwrap(id, wrapped).await?));
        }
        found.sort_by_key(|(id, _)| ids.iter().position(|one| one == id));
        let keys: Vec<KeyBytes> = found.into_iter().map(|(_, key)| key).collect();
        Ok(keys.try_into().ok())
    }
}

fn missing() -> StoreError {
    StoreError::Encryption(
        "the database is encrypted, and its key store is not there (encryption.keys)".to_owned(),
    )
}

fn wrong(needed: MasterKeyId, given: &MasterKeys) -> StoreError {
    let given: Vec<String> = given.ids().map(|id| id.to_string()).collect();
    let given = given.join(", ");
    StoreError::Encryption(format!(
        "the master key is the wrong one: {needed} is needed, given is {given}"
    ))
}
