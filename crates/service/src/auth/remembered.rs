//! Accounts as last seen, for when the database is away: liveness and compare then go on.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use store::{Client, StoreError};

use super::StoreAway;

/// Accounts remembered.
const REMEMBERED: usize = 10_000;

/// After the database failed, how long it is not asked again: stateless routes then do not wait for its time-outs.
const PAUSE: Duration = Duration::from_secs(1);

/// What stands behind a credential.
pub(super) trait Account: Clone {
    fn client(&self) -> &Client;
}

impl Account for Client {
    fn client(&self) -> &Client {
        self
    }
}

/// Accounts by what opens them.
pub(super) struct Remembered<K, A = Client> {
    accounts: HashMap<K, A>,
    paused_until: Option<Instant>,
}

impl<K, A> Default for Remembered<K, A> {
    fn default() -> Self {
        Self {
            accounts: HashMap::new(),
            paused_until: None,
        }
    }
}

impl<K: Copy + Eq + Hash, A: Account> Remembered<K, A> {
    /// The account, while the database is not asked.
    pub(super) fn while_paused(&self, key: K) -> Option<A> {
        self.paused_until.filter(|until| Instant::now() < *until)?;
        self.accounts.get(&key).cloned()
    }

    /// The account, after the database has failed.
    pub(super) fn after_failure(&mut self, key: K, error: &StoreError) -> Result<A, StoreAway> {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "the account could not be read; the last known state decides"
        );
        if matches!(error, StoreError::Unavailable(_)) {
            self.paused_until = Some(Instant::now() + PAUSE);
        }
        self.accounts.get(&key).cloned().ok_or(StoreAway)
    }

    /// Takes note of what the database says.
    pub(super) fn remember(&mut self, key: K, account: Option<&A>) {
        self.paused_until = None;
        let Some(account) = account else {
            self.accounts.remove(&key);
            return;
        };
        // A slow reader must not bring back what was changed meanwhile.
        let newer = |seen: &A| seen.client().updated_at > account.client().updated_at;
        if self.accounts.get(&key).is_some_and(newer) {
            return;
        }
        if self.accounts.len() >= REMEMBERED && !self.accounts.contains_key(&key) {
            // Any one: a map's order is random enough, and the next request brings it back.
            if let Some(any) = self.accounts.keys().next().copied() {
                self.accounts.remove(&any);
            }
        }
        self.accounts.insert(key, account.clone());
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.accounts.len()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use store::ClientId;
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let client = Client {
            id: ClientId::random(),
            name: "n".into(),
            email: None,
            phone: None,
            token_phrase: "phrase".into(),
            tokens_from: None,
            disabled: false,
            settings: json!({}),
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        };
        let mut seen = Remembered::default();
        for number in 0..REMEMBERED + 10 {
            seen.remember(number, Some(&client));
        }
        assert_eq!(seen.len(), REMEMBERED);
    }
}
