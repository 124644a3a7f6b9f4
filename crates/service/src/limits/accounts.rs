//! Requests by account: how many per second, and how many at a time.
//!
//! Of the places for requests in work an account may have so many times what it leaves free: alone it gets its share, two get a little less
//! each, and whoever comes next finds a place, however many ask for all they can get.

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
    /// Requests in work at a time, of all accounts.
    places: usize,
    /// How many times what is free one account can have.
    times: f64,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    in_work: usize,
    accounts: HashMap<ClientId, State>,
}

/// Why a request gets no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Its account asks for too much.
    Wait(Wait),
    /// All places are taken.
    Full,
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
    /// `rate` requests per second of one account (0: any number), `burst` of them at once; `places` in work at a time, of which an account
    /// alone gets the part `share`, 0 to 1.
    pub(super) fn new(rate: f64, burst: usize, places: usize, share: f64) -> Self {
        Self {
            rate,
            burst: (burst as f64).max(1.0),
            places,
            times: share / (1.0 - share),
            now: Mutex::default(),
        }
    }

    /// Takes a place for a request of `client`.
    pub(super) fn enter(self: &Arc<Self>, client: ClientId) -> Result<Place, NoPlace> {
        self.enter_at(client, Instant::now())
    }

    fn enter_at(self: &Arc<Self>, client: ClientId, at: Instant) -> Result<Place, NoPlace> {
        let mut now = self.now.lock();
        let now = &mut *now;
        if now.accounts.len() >= SWEEP_FROM {
            now.accounts
                .retain(|_, state| state.in_work > 0 || self.level(state, at) < self.burst);
        }
        let left = self.places.saturating_sub(now.in_work + 1);
        if now.in_work >= self.places {
            return Err(NoPlace::Full);
        }
        let state = now.accounts.entry(client).or_insert(State {
            left: self.burst,
            at,
            in_work: 0,
        });
        let most = (self.times * left as f64).floor();
        if state.in_work > 0 && (state.in_work + 1) as f64 > most {
            return Err(NoPlace::Wait(Wait(FOR_A_PLACE)));
        }
        if self.rate > 0.0 {
            state.left = self.level(state, at);
            state.at = at;
            if state.left < 1.0 {
                let wait = Duration::from_secs_f64((1.0 - state.left) / self.rate);
                return Err(NoPlace::Wait(Wait(wait)));
            }
            state.left -= 1.0;
        }
        state.in_work += 1;
        now.in_work += 1;
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
        let mut now = self.accounts.now.lock();
        now.in_work = now.in_work.saturating_sub(1);
        if let Some(state) = now.accounts.get_mut(&self.client) {
            state.in_work = state.in_work.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_rate_and_no_other_account_pays_for_it() {
        let accounts = Arc::new(Accounts::new(2.0, 3, 100, 0.75));
        let (one, two, start) = (ClientId::random(), ClientId::random(), Instant::now());
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let enter = |client, seconds| accounts.enter_at(client, at(seconds)).map(drop);
        for _ in 0..3 {
            assert_eq!(enter(one, 0.0), Ok(()));
        }
        let wait = NoPlace::Wait(Wait(Duration::from_millis(500)));
        assert_eq!(enter(one, 0.0), Err(wait));
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
    fn an_account_has_its_share_and_whoever_comes_next_finds_a_place() {
        let accounts = Arc::new(Accounts::new(0.0, 0, 128, 0.75));
        let all_of =
            |client| -> Vec<Place> { std::iter::from_fn(|| accounts.enter(client).ok()).collect() };
        let [one, two, three] = [(); 3].map(|()| all_of(ClientId::random()));
        assert_eq!((one.len(), two.len(), three.len()), (96, 24, 6));
        assert!(!all_of(ClientId::random()).is_empty());
        drop((one, two));
        assert_eq!(all_of(ClientId::random()).len(), 91);
    }

    #[test]
    fn an_account_has_at_least_one_place_and_a_full_server_says_so() {
        let accounts = Arc::new(Accounts::new(0.0, 0, 2, 0.01));
        let (one, two) = (ClientId::random(), ClientId::random());
        let first = accounts.enter(one).unwrap();
        let wait = NoPlace::Wait(Wait(FOR_A_PLACE));
        assert_eq!(accounts.enter(one).err(), Some(wait));
        let _other = accounts.enter(two).unwrap();
        assert_eq!(accounts.enter(two).err(), Some(NoPlace::Full));
        drop(first);
        accounts.enter(one).unwrap();
        let whole = Arc::new(Accounts::new(0.0, 0, 2, 1.0));
        let _both = [one, one].map(|client| whole.enter(client).unwrap());
    }

    #[test]
    fn accounts_at_rest_are_forgotten() {
        let accounts = Arc::new(Accounts::new(1.0, 1, 2, 0.75));
        let start = Instant::now();
        let busy = ClientId::random();
        let _place = accounts.enter_at(busy, start).unwrap();
        for _ in 0..SWEEP_FROM {
            drop(accounts.enter_at(ClientId::random(), start));
        }
        let later = start + Duration::from_secs(10);
        drop(accounts.enter_at(ClientId::random(), later));
        assert_eq!(accounts.now.lock().accounts.len(), 2);
    }
}
