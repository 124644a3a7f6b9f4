//! What the server shows after a restart.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use base64_simd::STANDARD;
use serde_json::Value;

use super::{
    api::{Api, text},
    client::Scene,
    ledger::Ledger,
};

/// Most persons that a search answers with.
pub(super) const MAX_RESULTS: usize = 100;

/// A person as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// As stored.
    pub(super) name: String,
    /// How many of its thumbnails are JPEG files.
    pub(super) thumbnails: usize,
    /// Which of the collections; `None` is one that no client knows.
    pub(super) collections: BTreeSet<Option<usize>>,
}

/// All that the server shows. Persons are named by the server's ids.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// Everybody in the list of persons, with the name.
    pub(super) listed: BTreeMap<String, String>,
    /// Everybody who was asked for by id; `None` is unknown to the server.
    pub(super) fetched: BTreeMap<String, Option<Record>>,
    /// Whom a search found, with the score; by collection and picture.
    pub(super) found: BTreeMap<(usize, usize), BTreeMap<String, f64>>,
}

/// Looks at everything: the list, everybody in it or in a ledger by id, and every picture in every collection.
///
/// # Errors
/// A request that is not answered as it should be.
pub(super) fn look(api: &Api, scene: &Scene, ledgers: &[Ledger]) -> Result<Seen> {
    let mut seen = Seen::default();
    for person in api.persons()? {
        let id = text(&person, "_id")?;
        let again = seen.listed.insert(id, text(&person, "name")?);
        ensure!(again.is_none(), "the list of persons has somebody twice");
    }
    let mut ids: BTreeSet<String> = seen.listed.keys().cloned().collect();
    for ledger in ledgers {
        ids.extend(ledger.living.keys().cloned());
        ids.extend(ledger.maybe_deleted.keys().cloned());
        ids.extend(ledger.deleted.iter().cloned());
    }
    for id in ids {
        let person = api.person(&id)?;
        let record = person.map(|person| record(&person, scene)).transpose()?;
        seen.fetched.insert(id, record);
    }
    for (at, collection) in scene.collections.iter().enumerate() {
        for (which, picture) in scene.pictures.iter().enumerate() {
            let found = api.search(picture, &collection.code, MAX_RESULTS)?;
            ensure!(
                found.len() < MAX_RESULTS,
                "a collection has more persons than a search shows"
            );
            let mut scores = BTreeMap::new();
            for one in found {
                let score = one["score"].as_f64().context("a match has no score")?;
                let again = scores.insert(text(&one, "id")?, score);
                ensure!(again.is_none(), "a search found somebody twice");
            }
            seen.found.insert((at, which), scores);
        }
    }
    Ok(seen)
}

fn record(person: &Value, scene: &Scene) -> Result<Record> {
    let thumbnails = person["thumbnails"]
        .as_array()
        .context("a person has no thumbnails")?;
    let codes = person["collections"]
        .as_array()
        .context("a person has no collections")?;
    Ok(Record {
        name: text(person, "name")?,
        thumbnails: thumbnails.iter().filter(|one| is_jpeg(one)).count(),
        collections: codes
            .iter()
            .map(|code| scene.collections.iter().position(|one| *code == one.code))
            .collect(),
    })
}

/// Whether it is a whole file: from the start mark to the end mark.
fn is_jpeg(thumbnail: &Value) -> bool {
    let bytes = thumbnail["thumbnail"]
        .as_str()
        .and_then(|text| STANDARD.decode_to_vec(text).ok());
    bytes.is_some_and(|bytes| bytes.starts_with(&[0xFF, 0xD8]) && bytes.ends_with(&[0xFF, 0xD9]))
}
