//! How much one address, and one account, may ask of the server: failed authentications by address, requests by account. All of
//! it is counted by this process alone: behind a balancer each node allows as much.

mod accounts;
mod address;
mod doors;
mod ticket;
mod window;

use std::{sync::Arc, time::Duration};

pub use address::Peer;
pub use ticket::Ticket;
pub(crate) use window::Limiter;

use crate::Config;
use accounts::Accounts;
use address::Proxies;
use doors::Doors;

/// How long whoever was refused should wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// The shortest there is.
    pub const A_SECOND: Self = Self(Duration::from_secs(1));

    /// Whole seconds, at least one: what `Retry-After` takes.
    #[must_use]
    pub fn seconds(self) -> u64 {
        // A tenth of a second too early is a second refusal.
        (self.0.as_secs_f64().ceil() as u64).max(1)
    }
}

/// The counters of the running server.
pub struct Limits {
    proxies: Proxies,
    doors: Doors,
    accounts: Arc<Accounts>,
}

impl Limits {
    /// Those of the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        Self {
            proxies: Proxies::new(&config.server.trusted_proxies),
            doors: Doors::new(limits.failed_auth_per_minute),
            accounts: Arc::new(Accounts::new(
                limits.account_rate,
                limits.account_burst,
                places(config.server.max_in_flight, limits.account_share),
            )),
        }
    }
}

/// How many requests of one account may be in work: at least one.
fn places(all: usize, share: f64) -> usize {
    ((all as f64 * share) as usize).clamp(1, all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_whole_seconds() {
        let seconds = |millis| Wait(Duration::from_millis(millis)).seconds();
        assert_eq!([0, 1, 1000, 1001, 59_999].map(seconds), [1, 1, 1, 2, 60]);
    }

    #[test]
    fn an_account_has_at_least_one_place() {
        assert_eq!(places(128, 0.75), 96);
        assert_eq!(places(1, 0.01), 1);
        assert_eq!(places(2, 1.0), 2);
    }
}
