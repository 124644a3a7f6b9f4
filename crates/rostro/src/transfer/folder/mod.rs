//! Folders and lists of pictures into an account: parallel, and safe to repeat.
//!
//! A person's id is made of account, collection, name and date of birth, so that an import that runs again, or twice at
//! once, finds the persons it has already enrolled instead of enrolling them once more.

mod enrol;
mod report;
mod source;

use std::{collections::HashSet, sync::Arc};

use anyhow::{Context as _, Result, bail};
use futures_util::{StreamExt as _, stream};
use inference::{Engine, FaceRules, ImageLimits};
use store::{Catalog, ClientId, Collection, CollectionRef, NewCollection};

pub use report::{FolderReport, RefusedPicture};
pub use source::{Source, SourcePerson};

/// Persons in work per worker of the engine: one is computed while another is read or written.
const AHEAD: usize = 2;

/// What to import into, and how.
pub struct Job {
    /// The database.
    pub store: Arc<dyn Catalog>,
    /// Finds and embeds the faces.
    pub engine: Engine,
    /// The account.
    pub client: ClientId,
    /// The collection, if any.
    pub collection: Option<Collection>,
    /// Faces enrolled per person at most.
    pub pictures: usize,
    /// Bounds on pictures.
    pub limits: ImageLimits,
    /// Which face of a picture counts.
    pub rules: FaceRules,
    /// Whether each face is kept with a margin.
    pub keep_crop: bool,
}

/// Enrols everybody of `source`. `progress` is told after each person.
///
/// # Errors
/// The database or the engine fails; a picture that cannot be used is reported instead.
pub async fn import(job: Job, source: Source, progress: impl Fn(u64)) -> Result<FolderReport> {
    let at_once = job.engine.info().workers.max(1) * AHEAD;
    let mut report = FolderReport {
        refused: source.refused,
        ..FolderReport::default()
    };
    let job = &job;
    let work = source
        .people
        .into_iter()
        .map(|person| enrol::person(job, person));
    let mut outcomes = stream::iter(work).buffer_unordered(at_once);
    let mut done = 0;
    while let Some(outcome) = outcomes.next().await {
        report.add(outcome?);
        done += 1;
        progress(done);
    }
    // They came in any order; people read it sorted.
    report.refused.sort();
    Ok(report)
}

/// The account's collection of this code, id or name; one of a new name is created.
///
/// # Errors
/// Several have this name, a code or id is unknown, or the database fails.
pub async fn collection(store: &dyn Catalog, client: ClientId, name: &str) -> Result<Collection> {
    let name = name.trim();
    if let Ok(reference) = name.parse::<CollectionRef>() {
        let found = store.collection(client, reference).await?;
        return found.with_context(|| format!("the account has no collection {name}"));
    }
    let mut found = store.collections_by_name(client, name).await?;
    match (found.pop(), found.is_empty()) {
        (Some(collection), true) => Ok(collection),
        (Some(_), false) => bail!("several collections are named {name:?}: give the code of one"),
        (None, _) => {
            let new = NewCollection {
                name: name.to_owned(),
                ..NewCollection::default()
            };
            Ok(store.create_collection(client, new).await?)
        }
    }
}

/// Those of `items` that come for the first time.
fn distinct<T: std::hash::Hash + Eq + Clone>(items: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items
        .into_iter()
        .filter(|item| seen.insert(item.clone()))
        .collect()
}
