//! A search in two steps: on an engine thread as far as this node holds the faces, and after that where another node or the database
//! does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gallery::{Aim, AskError, Engine, Gallery, GalleryError, Match, Mode, Phase, Question};
use inference::{Effort, Embedding};
use store::{CollectionId, Revision};

use super::{SearchTerms, collection, elsewhere};
use crate::{
    App, ServiceError,
    observe::{timed, took},
    revisions,
};

/// How long a search waits for the revision that its caller insists on.
const PATIENCE: Duration = Duration::from_secs(2);

/// A search whose terms are checked, to be taken into a job of the engine.
#[derive(Clone)]
pub(in crate::service) struct Searcher {
    gallery: Arc<Gallery>,
    terms: SearchTerms,
    collection: Option<CollectionId>,
    /// What it sees at the least.
    since: Revision,
}

/// What a job knows of a search.
pub(in crate::service) enum Sought {
    /// Whom each probe may be, best first, and what counted as found.
    Found(Vec<Vec<Match>>, Aim),
    /// What is still to be asked, for this node does not hold the faces.
    Elsewhere(Question),
}

impl Searcher {
    /// Finds the collection, and waits for what the caller wants to be seen. Fails at once while the indexes are being built: a job
    /// would be for nothing.
    pub(in crate::service) async fn new(
        app: &App,
        terms: &SearchTerms,
    ) -> Result<Self, ServiceError> {
        let collection = match terms.collection {
            Some(asked) => Some(collection(app, terms.client, asked).await?),
            None => None,
        };
        if app.gallery.phase() == Phase::Loading {
            return Err(GalleryError::Loading.into());
        }
        if let Some(asked) = revisions::asked() {
            app.gallery.reached_within(asked, PATIENCE).await?;
        }
        Ok(Self::within(app, terms, collection))
    }

    /// In a collection of the account that is known to be there, or in all of it.
    pub(in crate::service) fn within(
        app: &App,
        terms: &SearchTerms,
        collection: Option<CollectionId>,
    ) -> Self {
        let since = app.gallery.revision();
        // Where others may answer, what they saw is known when they did.
        if app.nodes.is_none() && app.gallery.engine() == Engine::Embedded {
            revisions::tell(since);
        }
        Self {
            gallery: Arc::clone(&app.gallery),
            terms: *terms,
            collection,
            since,
        }
    }

    /// Where it looks; `None` is the whole account.
    pub(in crate::service) fn collection(&self) -> Option<CollectionId> {
        self.collection
    }

    /// Looks whom each probe may be, as far as that is known here. Computes: runs on an engine thread. Without a probe it is about
    /// what counts as found alone.
    pub(in crate::service) fn look(&self, probes: Vec<Embedding>) -> Result<Sought, ServiceError> {
        let question = self.question(probes);
        match self.here(&question) {
            Err(GalleryError::NotHeld) => Ok(Sought::Elsewhere(question)),
            found => {
                let (matches, aim) = found?;
                Ok(Sought::Found(matches, aim))
            }
        }
    }

    /// Whom each probe may be, best first, and what counted as found. Asks other nodes, or the database, for what was not known here.
    pub(in crate::service) async fn found(
        &self,
        app: &App,
        sought: Sought,
    ) -> Result<(Vec<Vec<Match>>, Aim), ServiceError> {
        let question = match sought {
            Sought::Found(matches, aim) => {
                revisions::tell(self.since);
                return Ok((matches, aim));
            }
            Sought::Elsewhere(question) => question,
        };
        match self.gallery.engine() {
            Engine::Embedded => self.found_by_others(app, question).await,
            Engine::Pgvector { .. } => self.found_in_database(question).await,
        }
    }

    async fn found_by_others(
        &self,
        app: &App,
        question: Question,
    ) -> Result<(Vec<Vec<Match>>, Aim), ServiceError> {
        let since = revisions::asked().max(Some(self.since)).unwrap_or_default();
        let brought = elsewhere::run(app, &question, since).await?;
        revisions::tell(brought.revision);
        // What counts as found hangs on the number of faces, which is known now: what is left out lies behind what stays.
        let aim = self
            .gallery
            .aim_at(brought.faces, question.min_score, question.max_fpir);
        let matches = brought.found.into_iter().map(|one| self.cut(one, &aim));
        Ok((matches.collect(), aim))
    }

    async fn found_in_database(
        &self,
        question: Question,
    ) -> Result<(Vec<Vec<Match>>, Aim), ServiceError> {
        let begun = Instant::now();
        let answer = self
            .gallery
            .ask(question)
            .await
            .map_err(|error| match error {
                AskError::Gallery(error) => ServiceError::from(error),
                AskError::Store(error) => error.into(),
            })?;
        took("search", begun.elapsed());
        revisions::tell(answer.revision);
        let matches = answer.matches.into_iter();
        let matches = matches.map(|one| self.cut(one, &answer.aim));
        Ok((matches.collect(), answer.aim))
    }

    fn here(&self, question: &Question) -> Result<(Vec<Vec<Match>>, Aim), GalleryError> {
        let aim = self.gallery.aim_of(question)?;
        let matches = question.probes.iter().map(|probe| {
            let query = question.query(probe, &aim);
            let found = timed("search", || self.gallery.search(&query))?;
            Ok(self.cut(found, &aim))
        });
        Ok((matches.collect::<Result<_, _>>()?, aim))
    }

    fn question(&self, probes: Vec<Embedding>) -> Question {
        let SearchTerms { client, cutoff, .. } = self.terms;
        Question {
            client,
            collection: self.collection,
            probes,
            min_score: cutoff.min_score,
            max_fpir: cutoff.max_fpir,
            slack: cutoff.slack,
            limit: self.terms.limit,
            mode: match self.terms.effort {
                Effort::Fast => Mode::Fast,
                Effort::Accurate => Mode::Accurate,
            },
        }
    }

    /// The gallery compares with the rounded limit; a client compares with the one it sent.
    fn cut(&self, mut matches: Vec<Match>, aim: &Aim) -> Vec<Match> {
        let min_score = aim.min_score - self.terms.cutoff.slack;
        matches.retain(|found| found.score.rounded() >= min_score);
        matches
    }
}
