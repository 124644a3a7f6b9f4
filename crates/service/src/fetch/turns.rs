//! How many pictures are fetched at a time: in all, for one account, and from one host.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::FetchError;
use crate::{config::FetchConfig, limits::Holder};

/// Keys looked at between two sweeps of those that nobody holds.
const SWEEP_FROM: usize = 1024;

/// Who may fetch now.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    accounts: Each<Holder>,
    hosts: Each<String>,
}

/// A turn of an account. Dropping it lets another fetch.
pub(super) struct Turn {
    _account: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// A turn at a host, likewise.
pub(super) struct HostTurn {
    _host: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(config: &FetchConfig) -> Self {
        Self {
            all: Arc::new(Semaphore::new(config.max_connections)),
            accounts: Each::new(config.account_connections),
            hosts: Each::new(config.host_connections),
        }
    }

    /// Waits for a turn of `holder`: first among its own, so that it does not keep others waiting with what it may not have.
    pub(super) async fn take(&self, holder: Holder) -> Result<Turn, FetchError> {
        let account = self.accounts.take(holder).await?;
        let all = Arc::clone(&self.all).acquire_owned().await;
        Ok(Turn {
            _account: account,
            _all: all.map_err(|_| FetchError::Busy)?,
        })
    }

    /// Waits for a turn at `host`.
    pub(super) async fn at(&self, host: String) -> Result<HostTurn, FetchError> {
        let host = self.hosts.take(host).await?;
        Ok(HostTurn { _host: host })
    }
}

/// So many at a time for each key.
struct Each<K> {
    places: usize,
    now: Mutex<HashMap<K, Arc<Semaphore>>>,
}

impl<K: Eq + Hash> Each<K> {
    fn new(places: usize) -> Self {
        Self {
            places,
            now: Mutex::default(),
        }
    }

    async fn take(&self, key: K) -> Result<OwnedSemaphorePermit, FetchError> {
        let semaphore = {
            let mut now = self.now.lock();
            if now.len() >= SWEEP_FROM {
                // Whoever waits or has a turn holds one of them too.
                now.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
            }
            let new = || Arc::new(Semaphore::new(self.places));
            Arc::clone(now.entry(key).or_insert_with(new))
        };
        // Nobody closes it.
        let turn = semaphore.acquire_owned().await;
        turn.map_err(|_| FetchError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn each_key_has_its_places_and_those_at_rest_are_forgotten() {
        let each = Each::new(2);
        let waits = async |key: usize| {
            let turn = tokio::time::timeout(Duration::from_millis(50), each.take(key));
            turn.await.is_err()
        };
        let first = each.take(1).await.unwrap();
        let _second = each.take(1).await.unwrap();
        assert!(waits(1).await && !waits(2).await);
        drop(first);
        assert!(!waits(1).await);
        for key in 0..2 * SWEEP_FROM {
            assert!(!waits(key).await);
        }
        assert!(each.now.lock().len() <= SWEEP_FROM && each.now.lock().contains_key(&1));
    }
}
