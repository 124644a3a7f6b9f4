//! Requests by account: how many per second, and how many at a time.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use store::ClientId;

use super::Wait;

/// Accounts looked at between two sweeps of those at rest.
const SWEEP_FROM: usize = 4096;

/// How long an account waits for a place: its own requests are being worked on, and take about that long.
const FOR_A_PLACE: Duration = Duration::from_secs(1);

/// The limits, and how far each account is within them.
pub(super) struct Accounts {
    /// Requests per second; 0 is any number.
    rate: f64,
    /// Requests at once when none came for a while.
    burst: f64,
    /// Requests in work at a time.
    places: usize,
    now: Mutex<HashMap<ClientId, State>>,
}

/// A token bucket and the requests in work.
struct State {
    left: f64,
    at: Instant,
    in_work: usize,
}

/// A request in work. Dropping it makes room for another.
pub(super) struct Place {
    accounts: Arc<Accounts>,
    client: ClientId,
}

impl Accounts {
    /// `rate` requests per second (0: any number), `burst` of them at once, `places` in work at a time.
    pub(super) fn new(rate: f64, burst: usize, places: usize) -> Self {
        Self {
            rate,
            burst: (burst as f64).max(1.0),
            places,
            now: Mutex::default(),
        }
    }

    /// Takes a place for a request of `client`.
    pub(super) fn enter(self: &Arc<Self>, client: ClientId) -> Result<Place, Wait> {
        self.enter_at(client, Instant::now())
    }

    fn enter_at(self: &Arc<Self>, client: ClientId, now: Instant) -> Result<Place, Wait> {
        let mut accounts = self.now.lock();
        if accounts.len() >= SWEEP_FROM {
            accounts.retain(|_, state| state.in_work > 0 || self.level(state, now) < self.burst);
        }
        let state = accounts.entry(client).or_insert(State {
            left: self.burst,
            at: now,
            in_work: 0,
        });
        if state.in_work >= self.places {
            return Err(Wait(FOR_A_PLACE));
        }
        if self.rate > 0.0 {
            state.left = self.level(state, now);
            state.at = now;
            if state.left < 1.0 {
                return Err(Wait(Duration::from_secs_f64(
                    (1.0 - state.left) / self.rate,
                )));
            }
            state.left -= 1.0;
        }
        state.in_work += 1;
        Ok(Place {
            accounts: Arc::clone(self),
            client,
        })
    }

    /// What the bucket holds by `now`.
    fn level(&self, state: &State, now: Instant) -> f64 {
        let since = now.saturating_duration_since(state.at).as_secs_f64();
        (state.left + since * self.rate).min(self.burst)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(state) = self.accounts.now.lock().get_mut(&self.client) {
            state.in_work = state.in_work.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_rate_and_no_other_account_pays_for_it() {
        let accounts = Arc::new(Accounts::new(2.0, 3, 100));
        let (one, two, start) = (ClientId::random(), ClientId::random(), Instant::now());
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let enter = |client, seconds| accounts.enter_at(client, at(seconds)).map(drop);
        for _ in 0..3 {
            assert_eq!(enter(one, 0.0), Ok(()));
        }
        assert_eq!(enter(one, 0.0), Err(Wait(Duration::from_millis(500))));
        assert_eq!(enter(two, 0.0), Ok(()));
        assert_eq!(enter(one, 0.5), Ok(()));
        assert!(enter(one, 0.6).is_err());
        // After a rest there is a burst again, and not more.
        for _ in 0..3 {
            assert_eq!(enter(one, 100.0), Ok(()));
        }
        assert!(enter(one, 100.0).is_err());
    }

    #[test]
    fn an_account_has_its_places_and_gets_them_back() {
        let accounts = Arc::new(Accounts::new(0.0, 0, 2));
        let (one, two) = (ClientId::random(), ClientId::random());
        let first = accounts.enter(one).unwrap();
        let _second = accounts.enter(one).unwrap();
        assert!(accounts.enter(one).is_err());
        let _other = accounts.enter(two).unwrap();
        drop(first);
        accounts.enter(one).unwrap();
    }

    #[test]
    fn accounts_at_rest_are_forgotten() {
        let accounts = Arc::new(Accounts::new(1.0, 1, 2));
        let start = Instant::now();
        let busy = ClientId::random();
        let _place = accounts.enter_at(busy, start).unwrap();
        for _ in 0..SWEEP_FROM {
            drop(accounts.enter_at(ClientId::random(), start));
        }
        let later = start + Duration::from_secs(10);
        drop(accounts.enter_at(ClientId::random(), later));
        assert_eq!(accounts.now.lock().len(), 2);
    }
}
