//! Memory for the bodies of requests, and for pictures that are fetched for them: one budget for all, of which nobody takes the last part.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use store::ClientId;
use tokio::{sync::Notify, time::Instant};

/// How long a request waits for memory before it is refused: bodies in memory are mostly worked on, and go soon.
#[cfg(not(test))]
const PATIENCE: Duration = Duration::from_secs(2);
#[cfg(test)]
const PATIENCE: Duration = Duration::from_millis(100);

/// Whose bodies they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An account's.
    Account(ClientId),
    /// Those of everybody who showed no credential, together.
    Strangers,
}

/// The budget.
///
/// A holder may have as much as it leaves free: one alone gets half of all, two get a third each, and whoever comes next finds room. So
/// the budget must be twice the largest body.
pub struct BodyMemory {
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    free: u64,
    held: HashMap<Holder, u64>,
}

/// Some of the budget; dropping it gives that back.
pub struct Reservation {
    memory: Arc<BodyMemory>,
    holder: Holder,
    bytes: u64,
}

impl BodyMemory {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                free: bytes,
                held: HashMap::new(),
            }),
            freed: Notify::new(),
        })
    }

    /// Nothing of it yet, for `holder`.
    pub fn open(self: &Arc<Self>, holder: Holder) -> Reservation {
        Reservation {
            memory: Arc::clone(self),
            holder,
            bytes: 0,
        }
    }

    /// Bytes that nobody holds.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.state.lock().free
    }
}

impl State {
    fn take(&mut self, holder: Holder, bytes: u64) -> bool {
        let held = self.held.get(&holder).copied().unwrap_or_default();
        let fair = self
            .free
            .checked_sub(bytes)
            .is_some_and(|left| held + bytes <= left);
        if fair {
            self.free -= bytes;
            self.held.insert(holder, held + bytes);
        }
        fair
    }

    fn give(&mut self, holder: Holder, bytes: u64) {
        self.free += bytes;
        if let Some(held) = self.held.get_mut(&holder) {
            *held -= bytes;
            if *held == 0 {
                self.held.remove(&holder);
            }
        }
    }
}

impl Reservation {
    /// Bytes that are reserved.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reserves so many in all, waiting a little for others to give some back; whether there were so many.
    pub async fn grow_to(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let until = Instant::now() + PATIENCE;
        loop {
            let mut freed = std::pin::pin!(self.memory.freed.notified());
            // From here on nothing that is given back is missed.
            freed.as_mut().enable();
            if self.memory.state.lock().take(self.holder, more) {
                self.bytes += more;
                return true;
            }
            if tokio::time::timeout_at(until, freed).await.is_err() {
                return false;
            }
        }
    }
}

/// Bytes, and what is reserved for them until the last part of them is dropped.
struct Held {
    bytes: Vec<u8>,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Reservation {
    /// `bytes`, for which it is reserved; it lasts as long as any part of them.
    pub fn hold(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held {
            bytes,
            _reservation: self,
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.memory.state.lock().give(self.holder, self.bytes);
            self.memory.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Holder {
        Holder::Account(ClientId::random())
    }

    #[tokio::test]
    async fn whoever_holds_much_is_refused_before_whoever_holds_little() {
        let memory = BodyMemory::new(100);
        let (greedy, second, modest) = (account(), account(), account());
        let mut all = Vec::new();
        for holder in [greedy, second] {
            loop {
                let mut one = memory.open(holder);
                if !one.grow_to(5).await {
                    break;
                }
                all.push(one);
            }
        }
        let held = |holder| all.iter().filter(|one| one.holder == holder).count() * 5;
        assert_eq!((held(greedy), held(second)), (50, 25));
        let mut one = memory.open(modest);
        assert!(one.grow_to(12).await, "there is room for who comes next");
        drop((all, one));
        assert_eq!(memory.free(), 100);
        assert!(memory.state.lock().held.is_empty());
    }

    #[tokio::test]
    async fn what_is_given_back_goes_to_who_waits() {
        let memory = BodyMemory::new(20);
        let mut first = memory.open(Holder::Strangers);
        assert!(first.grow_to(10).await);
        let mut second = memory.open(Holder::Strangers);
        let waiting = tokio::spawn(async move { second.grow_to(10).await });
        tokio::time::sleep(PATIENCE / 2).await;
        drop(first);
        assert!(waiting.await.unwrap());
    }
}
