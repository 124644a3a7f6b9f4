//! Failed authentications by address.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    time::Duration,
};

use http::{HeaderMap, header};
use parking_lot::Mutex;

use super::{Wait, address::network, window::Limiter};
use crate::auth::API_KEY;

const MINUTE: Duration = Duration::from_secs(60);

/// Credentials remembered as good. Beyond that all are forgotten, and those in use are good again with their next success.
const MOST_GOOD: usize = 100_000;

/// Who knocks too often at the wrong door is not heard for a while; who shares the address and has a good key is.
pub(super) struct Doors {
    /// None: as often as one likes.
    failures: Option<Mutex<Limiter<IpAddr>>>,
    good: Mutex<HashSet<Credential>>,
    hasher: RandomState,
}

/// A credential, as it is recognised: a hash under a key of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Credential(u64);

impl Doors {
    /// This many failures per minute; 0 is any number.
    pub(super) fn new(per_minute: usize) -> Self {
        Self {
            failures: (per_minute > 0).then(|| Mutex::new(Limiter::new(per_minute, MINUTE))),
            good: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    /// What the request shows, if it shows anything.
    pub(super) fn credential(&self, headers: &HeaderMap) -> Option<Credential> {
        let shown = headers
            .get(API_KEY)
            .or_else(|| headers.get(header::AUTHORIZATION))?;
        Some(Credential(self.hasher.hash_one(shown.as_bytes())))
    }

    /// Whether the address may try this credential.
    pub(super) fn admit(&self, address: IpAddr, credential: Credential) -> Result<(), Wait> {
        let Some(failures) = &self.failures else {
            return Ok(());
        };
        let Some(wait) = failures.lock().wait(&network(address)) else {
            return Ok(());
        };
        if self.good.lock().contains(&credential) {
            return Ok(());
        }
        Err(Wait(wait))
    }

    /// The credential was not good.
    pub(super) fn failed(&self, address: IpAddr, credential: Option<Credential>) {
        if let Some(credential) = credential {
            self.good.lock().remove(&credential);
        }
        if let Some(failures) = &self.failures {
            failures.lock().admit(&network(address));
        }
    }

    /// The credential was good.
    pub(super) fn opened(&self, credential: Credential) {
        if self.failures.is_none() {
            return;
        }
        let mut good = self.good.lock();
        if good.len() >= MOST_GOOD {
            good.clear();
        }
        good.insert(credential);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn an_address_is_shut_out_but_for_what_was_good_before() {
        let doors = Doors::new(2);
        let (good, other) = (Credential(1), Credential(2));
        doors.opened(good);
        for _ in 0..2 {
            assert_eq!(doors.admit(HERE, other), Ok(()));
            doors.failed(HERE, Some(other));
        }
        let wait = doors.admit(HERE, other).unwrap_err().seconds();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(doors.admit(HERE, good), Ok(()));
        assert_eq!(doors.admit(THERE, other), Ok(()));
        // Revoked meanwhile: it was good, and is so no longer.
        doors.failed(HERE, Some(good));
        assert!(doors.admit(HERE, good).is_err());
    }

    #[test]
    fn without_a_limit_nobody_is_shut_out() {
        let doors = Doors::new(0);
        for _ in 0..1000 {
            doors.failed(HERE, None);
        }
        assert_eq!(doors.admit(HERE, Credential(1)), Ok(()));
    }

    #[test]
    fn tokens_and_keys_are_told_apart() {
        let doors = Doors::new(1);
        let shown = |name, value: &'static str| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            doors.credential(&headers)
        };
        assert_eq!(doors.credential(&HeaderMap::new()), None);
        let key = shown(API_KEY, "rk_a");
        assert!(key.is_some() && key == shown(API_KEY, "rk_a"));
        assert_ne!(key, shown(API_KEY, "rk_b"));
        assert_ne!(shown(header::AUTHORIZATION, "Bearer a"), None);
    }
}
