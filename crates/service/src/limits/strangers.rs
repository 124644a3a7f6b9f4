//! Who asks for what needs no credential: places of their own, and so many requests by address.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{Wait, address::network, window::Limiter};

const MINUTE: Duration = Duration::from_secs(60);

/// The part of the places that one address can have.
const SHARE: usize = 4;

/// The limits, and how far each address is within them.
pub(super) struct Strangers {
    places: usize,
    /// None: as often as one likes.
    asked: Option<Mutex<Limiter<IpAddr>>>,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    in_work: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a stranger is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// Its address asks too often.
    Away(Wait),
    /// All places are taken, or all that its address can have.
    Full,
}

/// A stranger's request in work. Dropping it makes room for another.
pub(crate) struct StrangersPlace {
    strangers: Arc<Strangers>,
    address: Option<IpAddr>,
}

impl Strangers {
    /// `places` in work at a time, `per_minute` requests of one address (0: any number).
    pub(super) fn new(places: usize, per_minute: usize) -> Self {
        Self {
            places,
            asked: (per_minute > 0).then(|| Mutex::new(Limiter::new(per_minute, MINUTE))),
            now: Mutex::default(),
        }
    }

    /// Takes a place for a request from `address`, where that is known.
    pub(super) fn enter(
        self: &Arc<Self>,
        address: Option<IpAddr>,
    ) -> Result<StrangersPlace, Turned> {
        let address = address.map(network);
        if let (Some(address), Some(asked)) = (&address, &self.asked) {
            let mut asked = asked.lock();
            if !asked.admit(address) {
                let wait = asked.wait(address).unwrap_or(MINUTE);
                return Err(Turned::Away(Wait(wait)));
            }
        }
        let mut now = self.now.lock();
        let of_one = self.places.div_ceil(SHARE);
        let here = |address| now.by_address.get(address).copied().unwrap_or_default();
        if now.in_work >= self.places || address.as_ref().map_or(0, here) >= of_one {
            return Err(Turned::Full);
        }
        now.in_work += 1;
        if let Some(address) = address {
            *now.by_address.entry(address).or_default() += 1;
        }
        Ok(StrangersPlace {
            strangers: Arc::clone(self),
            address,
        })
    }
}

impl Drop for StrangersPlace {
    fn drop(&mut self) {
        let mut now = self.strangers.now.lock();
        now.in_work = now.in_work.saturating_sub(1);
        let Some(address) = self.address else {
            return;
        };
        if let Some(here) = now.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                now.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn one_address_has_a_part_of_the_places_and_leaves_none_behind() {
        let strangers = Arc::new(Strangers::new(8, 0));
        let first: Vec<_> = (0..2)
            .map(|_| strangers.enter(address(1)).ok().unwrap())
            .collect();
        assert_eq!(strangers.enter(address(1)).err(), Some(Turned::Full));
        let others: Vec<_> = (2..8).map(|n| strangers.enter(address(n)).ok()).collect();
        assert_eq!(strangers.enter(address(9)).err(), Some(Turned::Full));
        drop((first, others));
        let now = strangers.now.lock();
        assert!(now.in_work == 0 && now.by_address.is_empty());
    }

    #[test]
    fn one_address_asks_so_often_and_no_other_pays_for_it() {
        let strangers = Arc::new(Strangers::new(8, 2));
        for _ in 0..2 {
            drop(strangers.enter(address(1)).ok().unwrap());
        }
        let turned = strangers.enter(address(1)).err();
        assert!(matches!(turned, Some(Turned::Away(wait)) if wait.seconds() <= 60));
        assert!(strangers.enter(address(2)).is_ok());
    }
}
