//! How often something may be asked for.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};

/// Keys remembered. Beyond that any one is forgotten: a flood of addresses must neither fill the memory nor shut out all.
const MOST_KEYS: usize = 50_000;

/// At most so many times per key within a moving window.
pub struct Limiter<K> {
    limit: usize,
    window: Duration,
    seen: HashMap<K, VecDeque<Instant>>,
    swept: Instant,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `limit` times within `window`.
    pub(crate) fn new(limit: usize, window: Duration) -> Self {
        Self {
            limit,
            window,
            seen: HashMap::new(),
            swept: Instant::now(),
        }
    }

    /// How long until `key` may once more; nothing when it may now.
    pub(crate) fn wait(&self, key: &K) -> Option<Duration> {
        self.wait_at(key, Instant::now())
    }

    fn wait_at(&self, key: &K, now: Instant) -> Option<Duration> {
        let times = self.seen.get(key)?;
        let within = |time: &&Instant| now.duration_since(**time) < self.window;
        // They are in order: the oldest one that counts is the first to stop counting.
        let mut counted = times.iter().filter(within);
        let oldest = counted.next()?;
        (1 + counted.count() >= self.limit).then(|| self.window - now.duration_since(*oldest))
    }

    /// Whether `key` may once more; if so, that is counted.
    pub(crate) fn admit(&mut self, key: &K) -> bool {
        self.admit_at(key, Instant::now())
    }

    fn admit_at(&mut self, key: &K, now: Instant) -> bool {
        self.make_room(key, now);
        let window = self.window;
        let times = self.seen.entry(key.clone()).or_default();
        times.retain(|time| now.duration_since(*time) < window);
        let admitted = times.len() < self.limit;
        if admitted {
            times.push_back(now);
        }
        admitted
    }

    fn make_room(&mut self, key: &K, now: Instant) {
        if self.seen.len() < MOST_KEYS || self.seen.contains_key(key) {
            return;
        }
        let window = self.window;
        if now.duration_since(self.swept) > window / 60 {
            self.swept = now;
            self.seen.retain(|_, times| {
                times
                    .back()
                    .is_some_and(|time| now.duration_since(*time) < window)
            });
        }
        if self.seen.len() >= MOST_KEYS
            && let Some(any) = self.seen.keys().next().cloned()
        {
            self.seen.remove(&any);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn each_key_has_its_own_moving_window() {
        let (mut limiter, start) = (Limiter::new(2, WINDOW), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(limiter.admit_at(&1, at(0)));
        assert_eq!(limiter.wait_at(&1, at(29)), None);
        assert!(limiter.admit_at(&1, at(30)));
        assert!(!limiter.admit_at(&1, at(59)));
        assert_eq!(limiter.wait_at(&1, at(59)), Some(Duration::from_secs(1)));
        assert!(limiter.admit_at(&2, at(59)));
        // The first of them is out of the window; what was refused does not count.
        assert!(limiter.admit_at(&1, at(61)));
        assert!(!limiter.admit_at(&1, at(62)));
        assert!(limiter.admit_at(&1, at(91)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut limiter, start) = (Limiter::new(1, WINDOW), Instant::now());
        for key in 0..MOST_KEYS + 100 {
            assert!(limiter.admit_at(&key, start));
        }
        assert_eq!(limiter.seen.len(), MOST_KEYS);
        assert!(limiter.admit_at(&usize::MAX, start + WINDOW * 2));
        assert_eq!(limiter.seen.len(), 1, "what is over was swept out");
    }
}
