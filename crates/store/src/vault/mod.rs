//! Encryption at rest: who has which key. docs/SECURITY.md has the design and what it does not give.
//!
//! All of a person is sealed with the person's data key ([`seal`]). Data keys, wrapped by a master key ([`master`]), are in the key
//! store, a database of its own ([`keys`]): a copy of the main database holds no key, and when a person's key is destroyed in the key
//! store, no copy of the main database ever made can be read any more, whoever has the master key.

mod blind;
mod keys;
mod master;
mod open;
mod rotate;
mod seal;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;

pub(crate) use blind::Blind;
pub use master::{MasterKey, MasterKeyId, MasterKeySource, MasterKeys};
pub use rotate::Rotated;
pub(crate) use seal::{DataKey, DataKeyId, Purpose, seal, unseal};

use crate::db::Database;
use crate::error::{Cause, StoreError};
use crate::ids::PersonId;
use keys::Wrapped;
use seal::random_key;

/// How long, and after which pauses, it is tried to empty the log of the key store.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);

/// An open key store, with the master keys.
pub(crate) struct Vault {
    store: Database,
    /// Which key store it is.
    id: Vec<u8>,
    source: Arc<dyn MasterKeySource>,
    masters: RwLock<MasterKeys>,
    /// For what has to be found without being read.
    pub(crate) blind: Blind,
    /// Signs deletion receipts.
    receipts: hmac::Key,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// The data keys of some persons.
#[derive(Default)]
pub(crate) struct DataKeys(HashMap<DataKeyId, Option<Arc<DataKey>>>);

/// How a person is to be read.
pub(crate) enum Reading {
    /// As it is.
    Clear,
    /// With this key.
    Sealed(Arc<DataKey>),
    /// Not at all: the key is destroyed. The person was deleted after what is read was written: by another node just now, or this is
    /// an old copy of the database. Or the key store is the older copy, and never had the key.
    Erased,
}

impl Reading {
    /// The key, if one is needed.
    pub(crate) fn key(&self) -> Option<&DataKey> {
        match self {
            Self::Sealed(key) => Some(key),
            Self::Clear | Self::Erased => None,
        }
    }

    pub(crate) fn is_erased(&self) -> bool {
        matches!(self, Self::Erased)
    }
}

impl DataKeys {
    /// For a person whose row names this key; nothing when the key store does not know the key.
    pub(crate) fn reading(&self, id: Option<DataKeyId>) -> Option<Reading> {
        let Some(id) = id else {
            return Some(Reading::Clear);
        };
        self.0.get(&id).map(|key| match key {
            Some(key) => Reading::Sealed(Arc::clone(key)),
            None => Reading::Erased,
        })
    }
}

impl Vault {
    /// New keys for these persons, kept for good when this returns.
    pub(crate) async fn create(
        &self,
        people: &[PersonId],
    ) -> Result<Vec<Arc<DataKey>>, StoreError> {
        let ids = people.iter().map(|&person| DataKeyId::of_person(person));
        let ids: Vec<DataKeyId> = ids.collect();
        let mut new = Vec::with_capacity(ids.len());
        for &id in &ids {
            new.push((id, random_key()?));
        }
        let new: Arc<[_]> = new.into();
        if self.insert(Arc::clone(&new)).await? != new.len() as u64 {
            // What is sealed with a key that is not kept could never be read.
            return Err(StoreError::IdTaken);
        }
        let key =
            |(id, bytes): &(DataKeyId, seal::KeyBytes)| DataKey::new(*id, bytes).map(Arc::new);
        new.iter().map(key).collect()
    }

    /// Takes back keys with which nothing was sealed that was kept. If that fails, they stay and do no harm.
    pub(crate) async fn discard(&self, ids: Vec<DataKeyId>) {
        let ids: Arc<[DataKeyId]> = ids.into();
        let done = self.store.write(move |tx| {
            let ids = Arc::clone(&ids);
            Box::pin(async move { keys::delete(tx, &ids).await })
        });
        if let Err(error) = done.await {
            tracing::debug!(%error, "unused data keys were left in the key store");
        }
    }

    /// The keys of these ids.
    pub(crate) async fn keys(&self, ids: Vec<DataKeyId>) -> Result<DataKeys, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(DataKeys(found));
        }
        let ids: Arc<[DataKeyId]> = ids.into();
        let read = self.store.read(move |tx| {
            let ids = Arc::clone(&ids);
            Box::pin(async move { keys::of_ids(tx, &ids).await })
        });
        for (id, wrapped) in read.await? {
            let key = match wrapped {
                Some(wrapped) => Some(Arc::new(DataKey::new(
                    id,
                    &*self.unwrap(id, wrapped).await?,
                )?)),
                None => None,
            };
            found.insert(id, key);
        }
        Ok(DataKeys(found))
    }

    /// Destroys keys for good. Doing it again changes nothing.
    pub(crate) async fn destroy(&self, ids: Vec<DataKeyId>) -> Result<(), StoreError> {
        let ids: Arc<[DataKeyId]> = ids.into();
        let written = self.store.write(move |tx| {
            let ids = Arc::clone(&ids);
            Box::pin(async move { keys::destroy(tx, &ids).await })
        });
        written.await?;
        self.empty_log().await
    }

    /// The write-ahead log of SQLite holds what was overwritten: it is gone for good when this succeeds. Reads are short: they are
    /// waited for.
    async fn empty_log(&self) -> Result<(), StoreError> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.store.checkpoint().await {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let cause = "somebody reads an old state of the key store";
        Err(StoreError::Contended(Cause::new(cause)))
    }

    /// At most `limit` destroyed keys after `after`, in the order of their ids.
    pub(crate) async fn destroyed(
        &self,
        after: Option<DataKeyId>,
        limit: usize,
    ) -> Result<Vec<DataKeyId>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = self
            .store
            .read(move |tx| Box::pin(keys::destroyed(tx, after, limit)));
        read.await
    }

    /// What signs deletion receipts.
    pub(crate) fn receipts(&self) -> &hmac::Key {
        &self.receipts
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// Which master key wraps now, if it is known.
    pub(crate) fn masters(&self) -> MasterKeys {
        let masters = self.masters.read().unwrap_or_else(PoisonError::into_inner);
        masters.clone()
    }

    /// A known master key; the source is asked again for one that is not known.
    async fn master(&self, id: MasterKeyId) -> Result<MasterKey, StoreError> {
        if let Some(key) = self.masters().get(id) {
            return Ok(key.clone());
        }
        self.reload().await?;
        let known = self.masters().get(id).cloned();
        known.ok_or_else(|| {
            StoreError::Encryption(format!(
                "the master key {id} is needed and not among those that are given"
            ))
        })
    }

    async fn reload(&self) -> Result<(), StoreError> {
        let loaded = self.source.load().await.map_err(StoreError::Encryption)?;
        if let Some(loaded) = loaded {
            *self.masters.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        }
        Ok(())
    }

    async fn unwrap(&self, id: DataKeyId, wrapped: Wrapped) -> Result<seal::KeyBytes, StoreError> {
        let master = self.master(wrapped.master).await?;
        master.unwrap(id, wrapped.bytes)
    }

    /// Wraps new keys and keeps them; how many. Those that are there already stay as they are.
    async fn insert(&self, new: Arc<[(DataKeyId, seal::KeyBytes)]>) -> Result<u64, StoreError> {
        loop {
            let (masters, new) = (self.masters(), Arc::clone(&new));
            let inserted = self.store.write(move |tx| {
                let (masters, new) = (masters.clone(), Arc::clone(&new));
                Box::pin(async move {
                    // Held until the commit: a rotation begins before or after, and re-wraps what came before.
                    let wanted = keys::current_master(tx).await?;
                    let Some(master) = masters.get(wanted) else {
                        return Ok(Err(wanted));
                    };
                    keys::insert(tx, master, &new).await.map(Ok)
                })
            });
            match inserted.await? {
                Ok(inserted) => return Ok(inserted),
                // An error when it stays unknown.
                Err(unknown) => self.master(unknown).await?,
            };
        }
    }
}
