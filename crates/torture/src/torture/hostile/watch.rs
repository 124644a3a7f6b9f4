//! The honest account, and the server's memory.

use std::{
    collections::BTreeMap,
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::attacks::Target;

/// Between two of its requests.
const EVERY: Duration = Duration::from_secs(1);

/// What became of the honest account's requests.
#[derive(Debug, Default)]
pub(super) struct Honest {
    times: Vec<Duration>,
    failures: BTreeMap<(u16, String), usize>,
}

impl Honest {
    /// Asks for liveness once a second for so long.
    pub(super) fn ask(
        target: &Target,
        token: &str,
        time: Duration,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Self {
        let (since, mut seen) = (Instant::now(), Self::default());
        while since.elapsed() < time && !interrupted() {
            let begun = Instant::now();
            match target.liveness(token) {
                Ok(()) => {}
                Err(failure) => *seen.failures.entry(failure).or_default() += 1,
            }
            let took = begun.elapsed();
            seen.times.push(took);
            thread::sleep(EVERY.saturating_sub(took));
        }
        seen.times.sort();
        seen
    }

    /// The time within which so many of a hundred were answered.
    pub(super) fn at(&self, part: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let place = (self.times.len() * part / 100).min(last);
        self.times.get(place).copied().unwrap_or_default()
    }

    pub(super) fn asked(&self) -> usize {
        self.times.len()
    }

    pub(super) fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// Status and message of each kind of failure.
    pub(super) fn failures(&self) -> impl Iterator<Item = (u16, String)> {
        let all = self.failures.iter();
        all.map(|((status, message), times)| (*status, format!("{message} ({times} times)")))
    }
}

/// The resident memory of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory(u32);

impl Memory {
    pub(super) fn of(process: u32) -> Self {
        Self(process)
    }

    /// In bytes; 0 when it is gone.
    pub(super) fn now(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.unwrap_or_default() << 10
    }

    /// The most until then.
    pub(super) fn most_until(self, over: &AtomicBool) -> u64 {
        let mut most = 0;
        while !over.load(Ordering::Relaxed) {
            most = most.max(self.now());
            thread::sleep(Duration::from_millis(100));
        }
        most
    }
}
