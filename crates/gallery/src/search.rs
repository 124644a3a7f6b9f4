//! 1:N search.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use index::VectorIndex;
use inference::{Embedding, Score};
use store::{ClientId, CollectionId, FaceId, PersonId};

use crate::{
    Gallery, GalleryError, Phase, Scope,
    shelves::{face_of, person_of},
};

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By the graph where the collection is large enough to have one, otherwise exact.
    Fast,
    /// Exact: every face is compared.
    Accurate,
}

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose persons.
    pub client: ClientId,
    /// In which collection; `None` means all persons of the account.
    pub collection: Option<CollectionId>,
    /// The probe's template.
    pub probe: Embedding,
    /// Persons below this score (as rounded for the answer) are left out.
    pub min_score: Score,
    /// At most so many persons.
    pub limit: usize,
    /// How.
    pub mode: Mode,
}

/// A person that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Who.
    pub person: PersonId,
    /// Which of its faces is likest the probe.
    pub face: FaceId,
    /// How like.
    pub score: Score,
}

impl Match {
    /// The order of answers: the likest first, equal scores by person.
    #[must_use]
    pub fn best_first(&self, other: &Self) -> Ordering {
        let by_score = other.score.value().total_cmp(&self.score.value());
        by_score.then_with(|| self.person.cmp(&other.person))
    }
}

impl Gallery {
    /// The account's persons that are like the probe, best first; equal scores by id. Computes for milliseconds: call it on a
    /// thread that may.
    ///
    /// # Errors
    /// [`GalleryError::Loading`], [`GalleryError::Stopped`], [`GalleryError::NotHeld`], [`GalleryError::WrongModel`].
    pub fn search(&self, query: &Query) -> Result<Vec<Match>, GalleryError> {
        self.check(query)?;
        let scope = query.collection.map(Scope::Collection);
        self.search_on(query, &self.shared.shelves.of(query.client, scope)?)
    }

    /// As [`Gallery::search`], in these scopes instead of the query's collection.
    ///
    /// # Errors
    /// As [`Gallery::search`].
    pub fn search_scopes(
        &self,
        query: &Query,
        scopes: &[Scope],
    ) -> Result<Vec<Match>, GalleryError> {
        self.check(query)?;
        let shelves = self.shared.shelves.of_scopes(query.client, scopes)?;
        self.search_on(query, &shelves)
    }

    fn check(&self, query: &Query) -> Result<(), GalleryError> {
        match self.phase() {
            Phase::Loading => Err(GalleryError::Loading),
            Phase::Stopped => Err(GalleryError::Stopped),
            Phase::Following if query.probe.as_slice().len() != self.shared.options.dimension => {
                Err(GalleryError::WrongModel)
            }
            Phase::Following => Ok(()),
        }
    }

    fn search_on(
        &self,
        query: &Query,
        shelves: &[Arc<dyn VectorIndex>],
    ) -> Result<Vec<Match>, GalleryError> {
        let shared = &self.shared;
        let request = index::Search {
            limit: query.limit,
            min_cosine: shared.scale.least_cosine(query.min_score),
            mode: match query.mode {
                Mode::Fast => index::Mode::Fast,
                Mode::Accurate => index::Mode::Exact,
            },
        };
        // A person of several collections is on several shelves, with the same faces.
        let mut best: HashMap<u128, index::Hit> = HashMap::new();
        for shelf in shelves {
            for hit in shelf
                .search(query.probe.as_slice(), request)
                .map_err(|_| GalleryError::WrongModel)?
            {
                let known = best.entry(hit.group).or_insert(hit);
                if hit.cosine > known.cosine {
                    *known = hit;
                }
            }
        }
        let mut matches: Vec<Match> = best
            .into_values()
            .map(|hit| Match {
                person: person_of(hit.group),
                face: face_of(hit.key),
                score: shared.scale.score(hit.cosine),
            })
            .filter(|found| found.score.rounded() >= query.min_score.rounded())
            .collect();
        matches.sort_by(Match::best_first);
        matches.truncate(query.limit);
        Ok(matches)
    }
}
