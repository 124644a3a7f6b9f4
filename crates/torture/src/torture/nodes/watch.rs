//! What gateways say of themselves, as a load balancer asks it.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use reqwest::blocking::Client;
use serde_json::Value;

/// A gateway that takes longer to say whether it is ready is not.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between questions.
const PAUSE: Duration = Duration::from_millis(10);
/// Longest time until all is well again.
const LIMIT: Duration = Duration::from_secs(120);
/// Nobody writes any more when the revision has stayed for so long: what was under way when all got well again takes less.
const QUIET: Duration = Duration::from_secs(3);

/// Asks the gateways at some addresses.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    http: Client,
    bases: Vec<String>,
}

impl Watch {
    /// Of the gateways at `bases`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub(super) fn new(bases: Vec<String>) -> Result<Self> {
        let http = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { http, bases })
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.bases.len()
    }

    /// The revision that searches of the gateway `at` see, if it is ready.
    pub(super) fn ready(&self, at: usize) -> Option<i64> {
        let base = self.bases.get(at)?;
        let answer = self.http.get(format!("{base}/readyz")).send().ok()?;
        let well = answer.status().is_success();
        let said: Value = answer.json().ok()?;
        let revision = said["search"]["revision"].as_i64()?;
        well.then_some(revision)
    }

    /// How long it takes, from `since`, until all of `nodes` are ready and have seen `revision`.
    ///
    /// # Errors
    /// When it takes too long.
    pub(super) fn recovered(
        &self,
        nodes: &[usize],
        revision: i64,
        since: Instant,
    ) -> Result<Duration> {
        for &node in nodes {
            while self.ready(node).is_none_or(|seen| seen < revision) {
                if since.elapsed() > LIMIT {
                    bail!("gateway {} does not get ready again", node + 1);
                }
                thread::sleep(PAUSE);
            }
        }
        Ok(since.elapsed())
    }

    /// Waits until all have seen the same and nothing new comes; the revision.
    ///
    /// # Errors
    /// When it takes too long.
    pub(super) fn settled(&self, newest: i64) -> Result<i64> {
        let begun = Instant::now();
        let mut same = (newest, Instant::now());
        while begun.elapsed() < LIMIT {
            let seen: Option<Vec<i64>> = (0..self.bases.len()).map(|at| self.ready(at)).collect();
            let one = seen.and_then(|seen| {
                let first = *seen.first()?;
                (first >= newest && seen.iter().all(|one| *one == first)).then_some(first)
            });
            match one {
                Some(revision) if revision == same.0 => {
                    if same.1.elapsed() > QUIET {
                        return Ok(revision);
                    }
                }
                other => same = (other.unwrap_or(-1), Instant::now()),
            }
            thread::sleep(PAUSE);
        }
        None.context("the gateways do not come to one revision")
    }
}
