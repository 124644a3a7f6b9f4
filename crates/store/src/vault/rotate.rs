//! A new master key: all data keys are wrapped anew. What they seal stays as it is.

use std::sync::Arc;

use super::Vault;
use super::keys;
use super::master::MasterKeyId;
use super::seal::DataKeyId;
use crate::error::{Cause, StoreError};

/// Keys that are wrapped anew in one transaction.
const BATCH: i64 = 500;

/// What a rotation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The master key that wraps everything now.
    pub master: MasterKeyId,
    /// How many keys were wrapped by another one before.
    pub keys: u64,
}

impl Vault {
    /// Wraps all keys with the current key of the source. Each batch is kept when it is done: an interrupted rotation is simply begun
    /// again, and several may run at once. `progress` is told how many are done.
    pub(crate) async fn rotate(
        &self,
        progress: impl Fn(u64) + Send,
    ) -> Result<Rotated, StoreError> {
        self.reload().await?;
        let current = self.masters().current().clone();
        let master = current.id();
        // From here on new keys are wrapped with it, by every node.
        self.store
            .write(move |tx| Box::pin(keys::set_master(tx, master)))
            .await?;
        let (mut after, mut done) = (None::<DataKeyId>, 0);
        loop {
            let read = self
                .store
                .read(move |tx| Box::pin(keys::not_wrapped_by(tx, master, after, BATCH)));
            let batch = read.await?;
            let Some(last) = batch.last() else { break };
            after = Some(last.0);
            let mut new = Vec::with_capacity(batch.len());
            for (id, wrapped) in batch {
                let key = self.unwrap(id, wrapped).await?;
                new.push((id, current.wrap(id, &key)?));
            }
            done += new.len() as u64;
            let new: Arc<[_]> = new.into();
            let written = self.store.write(move |tx| {
                let new = Arc::clone(&new);
                Box::pin(async move { keys::rewrap(tx, master, &new).await })
            });
            written.await?;
            progress(done);
        }
        let left = self.store.read(|tx| Box::pin(keys::masters(tx))).await?;
        if left.iter().any(|&other| other != master) {
            let cause = "keys were wrapped with another master key meanwhile";
            return Err(StoreError::Contended(Cause::new(cause)));
        }
        // The old wrappings are not to stay in the write-ahead log.
        self.empty_log().await?;
        Ok(Rotated { master, keys: done })
    }
}
