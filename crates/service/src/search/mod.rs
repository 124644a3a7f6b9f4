//! Who is this, among the account's persons?

mod searcher;

use std::{collections::HashMap, sync::Arc};

use gallery::{Aim, Gallery, Match};
use inference::{Effort, Embedding, FaceRules, ImageBytes, Pipeline, Score};
use store::{ClientId, CollectionId, CollectionRef, Person, PersonId, StoreError};

pub(super) use searcher::{Searched, Searcher};

use super::{
    Call, Part, PictureSource, Recorded, ServiceError,
    audit::Audited,
    pictures::{self, load_all},
};
use crate::App;

/// What counts as found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutoff {
    /// Persons below this score are left out, 0 to 1.
    pub min_score: f64,
    /// So are those below the score at which at most this share of strangers is taken for somebody, above 0 and below 1. The
    /// stricter of both counts: each is a bound, and clients with typed requests cannot leave out the first.
    pub max_fpir: Option<f64>,
    /// Persons so far below are found too: a dialect with a scale of its own rounds there, and sorts them out itself.
    pub slack: f64,
}

impl Cutoff {
    /// A least score and, in its place, a rate.
    #[must_use]
    pub fn new(min_score: f64, max_fpir: Option<f64>) -> Self {
        Self {
            min_score,
            max_fpir,
            slack: 0.0,
        }
    }

    /// A least score.
    #[must_use]
    pub fn score(min_score: f64) -> Self {
        Self::new(min_score, None)
    }
}

/// Among whom to search, and what counts as found.
#[derive(Debug, Clone, Copy)]
pub struct SearchTerms {
    /// Whose persons.
    pub client: ClientId,
    /// In which collection; `None` means all persons of the account.
    pub collection: Option<CollectionRef>,
    /// What counts as found.
    pub cutoff: Cutoff,
    /// At most so many persons.
    pub limit: usize,
    /// How hard to look, and to search.
    pub effort: Effort,
}

/// What the probe's pictures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Pictures with a face in them.
    Pictures,
    /// Tight crops of a face: where no face is found, the whole picture is taken as one.
    Crops,
}

/// A person that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who, as the database has them now.
    pub person: Person,
    /// Of the person's likest face.
    pub score: Score,
}

/// Whom a search found.
#[derive(Debug, Clone)]
pub struct Search {
    /// Best first.
    pub found: Vec<Found>,
    /// What counted as found, and what that means.
    pub aim: Aim,
}

impl Audited for Search {
    fn details(&self) -> serde_json::Value {
        let best = self.found.first().map(|found| found.score.rounded());
        serde_json::json!({ "persons": self.found.len(), "best_score": best, "min_score": self.aim.min_score })
    }

    fn persons(&self) -> Vec<PersonId> {
        self.found.iter().map(|found| found.person.id).collect()
    }
}

/// Searches for the person whom all the pictures show. Best first.
///
/// # Errors
/// [`ServiceError`]: a picture, its face, the collection, the indexes, the database, the engine; nobody found is an empty list.
pub async fn search(
    app: &App,
    call: &Call,
    kind: &'static str,
    sources: Vec<PictureSource>,
    probe: Probe,
    terms: SearchTerms,
) -> Result<Recorded<Search>, ServiceError> {
    let sources = pictures::all(app, sources, Part::Image).await?;
    let searcher = Searcher::new(app, &terms).await?;
    let (limits, rules) = (app.config.images.limits(), app.config.faces.rules());
    let job = move |pipeline: &mut Pipeline| {
        let pictures = load_all(sources, &limits).map_err(ServiceError::of(Part::Image))?;
        template(pipeline, &pictures, probe, terms.effort, &rules)
    };
    let find = move |gallery: Arc<Gallery>, probe| async move {
        searcher.find(&gallery, vec![probe]).await
    };
    let (matches, aim) = app.infer_then(job, find).await?.told();
    let found = persons_of_one(app, terms.client, only(matches)).await?;
    Ok(app.audit.record(call, kind, Search { found, aim }))
}

fn template(
    pipeline: &mut Pipeline,
    pictures: &[ImageBytes],
    probe: Probe,
    effort: Effort,
    rules: &FaceRules,
) -> Result<Embedding, ServiceError> {
    match probe {
        Probe::Pictures => pipeline.template(pictures, effort, rules),
        Probe::Crops => pipeline.template_of_crops(pictures, effort, rules),
    }
    .map_err(ServiceError::of(Part::Image))
}

/// The account's collection of this name.
pub(super) async fn collection(
    app: &App,
    client: ClientId,
    asked: CollectionRef,
) -> Result<CollectionId, ServiceError> {
    let found = app.store.collection(client, asked).await?;
    Ok(found.ok_or(StoreError::CollectionNotFound)?.id)
}

/// The persons of one search's matches. Who was deleted since is left out.
pub(super) async fn persons_of_one(
    app: &App,
    client: ClientId,
    matches: Vec<Match>,
) -> Result<Vec<Found>, ServiceError> {
    let found = persons(app, client, vec![matches]).await?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// The persons of several searches' matches, in one question to the database. Who was deleted since is left out.
pub(super) async fn persons(
    app: &App,
    client: ClientId,
    searches: Vec<Vec<Match>>,
) -> Result<Vec<Vec<Found>>, ServiceError> {
    let mut ids: Vec<PersonId> = searches
        .iter()
        .flatten()
        .map(|found| found.person)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let known: HashMap<PersonId, Person> = match ids.is_empty() {
        true => HashMap::new(),
        false => {
            let persons = app.store.persons_by_id(client, ids).await?;
            persons.into_iter().map(|one| (one.id, one)).collect()
        }
    };
    let found = |matches: Vec<Match>| {
        let found = matches.into_iter().filter_map(|one| {
            let person = known.get(&one.person)?.clone();
            let score = one.score;
            Some(Found { person, score })
        });
        found.collect()
    };
    Ok(searches.into_iter().map(found).collect())
}

/// What was found of the only probe.
pub(super) fn only(matches: Vec<Vec<Match>>) -> Vec<Match> {
    matches.into_iter().next().unwrap_or_default()
}

/// Each person of several searches once, best first.
pub(super) fn merged(searches: Vec<Vec<Match>>, limit: usize) -> Vec<Match> {
    let mut best: HashMap<PersonId, Match> = HashMap::new();
    for one in searches.into_iter().flatten() {
        let known = best.entry(one.person).or_insert(one);
        if one.score > known.score {
            *known = one;
        }
    }
    let mut matches: Vec<Match> = best.into_values().collect();
    matches.sort_by(Match::best_first);
    matches.truncate(limit);
    matches
}
