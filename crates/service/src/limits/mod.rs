//! How much one address, and one account, may ask of the server: failed authentications and requests without a credential by address,
//! requests and memory for their bodies by account. All of it is counted by this process alone: behind a balancer each node allows as much.

mod accounts;
mod address;
mod bodies;
mod doors;
mod strangers;
mod ticket;
mod window;

use std::{sync::Arc, time::Duration};

pub use accounts::NoPlace;
pub use address::Peer;
pub use bodies::Reservation;
pub use bodies::{BodyMemory, Holder};
pub use strangers::Turned;
pub use ticket::Ticket;
pub use window::Limiter;

use crate::Config;
use accounts::Accounts;
use address::Proxies;
use doors::Doors;
use strangers::Strangers;

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
    strangers: Arc<Strangers>,
    bodies: Arc<BodyMemory>,
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
                config.server.max_in_flight,
                limits.account_share,
            )),
            strangers: Arc::new(Strangers::new(limits.open_places, limits.open_per_minute)),
            bodies: BodyMemory::new(config.server.body_memory()),
        }
    }

    /// The memory for bodies.
    pub fn bodies(&self) -> &Arc<BodyMemory> {
        &self.bodies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_whole_seconds() {
        let seconds = |millis| Wait(Duration::from_millis(millis)).seconds();
        assert_eq!([0, 1, 1000, 1001, 59_999].map(seconds), [1, 1, 1, 2, 60]);
    }
}
