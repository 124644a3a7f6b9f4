//! A client that asks any of the gateways: enrols, deletes, searches.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rand::RngExt as _;
use serde_json::Value;

use super::{
    book::{Book, Sighting},
    tally::{SEARCH, Tally},
};
use crate::torture::{
    api::{Answer, Api, list, text},
    client::{Client, Wish},
    seen::MAX_RESULTS,
};

/// This part of all requests searches.
const SEARCHES: f64 = 0.5;
/// This part of searches insists on the client's own last write.
const INSISTENT: f64 = 0.3;
/// When no gateway wants requests.
const PAUSE: Duration = Duration::from_millis(20);

/// One client.
pub(super) struct Worker<'a> {
    /// What it enrols and deletes; its connection is that of the gateway whose turn it is.
    pub(super) client: Client<'a>,
    /// One for each gateway.
    pub(super) apis: &'a [Api],
    /// Common to all clients.
    pub(super) book: &'a Book,
    /// Common to all clients.
    pub(super) tally: &'a Tally,
}

impl Worker<'_> {
    /// Works until `stop` is set; what its searches saw.
    pub(super) fn work(mut self, stop: &AtomicBool) -> Vec<Sighting> {
        let mut sightings = Vec::new();
        let mut own = None;
        for turn in 0.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let wanted = self.tally.wanted();
            if wanted.is_empty() {
                thread::sleep(PAUSE);
                continue;
            }
            let nth = self.client.random.random_range(0..wanted.len());
            let Some((node, api)) = wanted
                .get(nth)
                .and_then(|node| Some((*node, self.apis.get(*node)?)))
            else {
                break;
            };
            self.client.api = api.clone();
            self.client.tolerant = self.tally.is_affected(node);
            if self.client.random.random_bool(SEARCHES) {
                sightings.extend(self.search(node, own));
            } else {
                own = self.write(node, turn).or(own);
            }
        }
        sightings
    }

    /// Enrols or deletes; the revision, if it is acknowledged.
    fn write(&mut self, node: usize, turn: u32) -> Option<i64> {
        let wish = self.client.wish(turn);
        let name = wish.enrolment().name.clone();
        let enrols = matches!(wish, Wish::Enrol(_));
        match enrols {
            true => self.book.enrolling(wish.enrolment()),
            false => self.book.deleting(&name),
        }
        let begun = Instant::now();
        let answer = self.client.send(&wish);
        let what = if enrols { "enrolment" } else { "deletion" };
        self.tally.count(node, what, &answer, begun.elapsed());
        let revision = match &answer {
            Answer::Done(_, Some(revision)) => Some(*revision),
            Answer::Done(..) => {
                self.tally.complain(format!("{what} without a revision"));
                None
            }
            _ => None,
        };
        match revision {
            Some(revision) if enrols => self.book.enrolled(&name, revision),
            Some(revision) => self.book.deleted(&name, revision),
            None => {}
        }
        self.client.note(wish, &answer);
        revision
    }

    fn search(&mut self, node: usize, own: Option<i64>) -> Option<Sighting> {
        let scene = self.client.scene;
        let random = &mut self.client.random;
        let probe = (
            random.random_range(0..scene.collections.len()),
            random.random_range(0..scene.pictures.len()),
        );
        let since = own.filter(|_| random.random_bool(INSISTENT));
        let collection = &scene.collections.get(probe.0)?.code;
        let picture = scene.pictures.get(probe.1)?;
        let begun = Instant::now();
        let answer = self
            .client
            .api
            .find(picture, collection, MAX_RESULTS, since);
        let at = Instant::now();
        self.tally.count(node, SEARCH, &answer, at - begun);
        let Answer::Done(data, revision) = answer else {
            return None;
        };
        let seen = sighting(node, probe, data, revision, at, since);
        seen.map_err(|error| {
            self.tally
                .complain(format!("gateway {}: {error}", node + 1))
        })
        .ok()
    }
}

fn sighting(
    node: usize,
    probe: (usize, usize),
    data: Value,
    revision: Option<i64>,
    at: Instant,
    since: Option<i64>,
) -> Result<Sighting> {
    let revision = revision.context("a search without a revision")?;
    ensure!(
        since.is_none_or(|since| since <= revision),
        "a search that insisted on revision {since:?} saw {revision}"
    );
    let mut found = BTreeMap::new();
    for one in list(data)? {
        let score = one["score"].as_f64().context("a match has no score")?;
        let again = found.insert(text(&one, "name")?, score);
        ensure!(again.is_none(), "a search found somebody twice");
    }
    Ok(Sighting {
        node,
        probe,
        revision,
        at,
        full: found.len() >= MAX_RESULTS,
        found,
    })
}
