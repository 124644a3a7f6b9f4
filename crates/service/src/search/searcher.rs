//! A search of a request: its terms are checked first, then a job of the engine makes the templates,
//! and then the gallery is asked.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gallery::{Aim, Answer, Engine, FindError, Gallery, GalleryError, Match, Mode, Phase, Request};
use inference::{Effort, Embedding, Pipeline};
use store::CollectionId;
use tokio::runtime::Handle;

use super::{SearchTerms, collection};
use crate::{App, ServiceError, observe::took, revisions};

/// How long a search waits for the revision that its caller insists on.
const PATIENCE: Duration = Duration::from_secs(2);

/// A search whose terms are checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Searcher {
    terms: SearchTerms,
    collection: Option<CollectionId>,
}

/// What a search found.
#[derive(Debug)]
#[must_use = "the request's answer is to say what it saw"]
pub(crate) struct Searched(Answer);

impl Searcher {
    /// Finds the collection, and waits for what the caller wants to be seen. Fails at once while the indexes are being built: a job
    /// would be for nothing.
    pub(crate) async fn new(app: &App, terms: &SearchTerms) -> Result<Self, ServiceError> {
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
        Ok(Self::within(terms, collection))
    }

    /// In a collection of the account that is known to be there, or in all of it.
    pub(crate) fn within(terms: &SearchTerms, collection: Option<CollectionId>) -> Self {
        Self {
            terms: *terms,
            collection,
        }
    }

    /// Where it looks; `None` is the whole account.
    pub(crate) fn collection(&self) -> Option<CollectionId> {
        self.collection
    }

    /// Whom each probe may be. Without a probe the answer is about what counts as found alone. It may
    /// compute, as [`Gallery::find`] does: for [`App::infer_then`].
    pub(crate) async fn find(
        &self,
        gallery: &Gallery,
        probes: Vec<Embedding>,
    ) -> Result<Searched, ServiceError> {
        let (begun, compares) = (Instant::now(), !probes.is_empty());
        let answer = gallery.find(self.request(probes)).await;
        let answer = answer.map_err(|error| match error {
            FindError::Gallery(error) => ServiceError::from(error),
            FindError::Store(error) => error.into(),
        })?;
        if compares {
            took("search", begun.elapsed());
        }
        Ok(Searched(answer))
    }

    fn request(&self, probes: Vec<Embedding>) -> Request {
        let SearchTerms { client, cutoff, .. } = self.terms;
        Request {
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
}

impl Searched {
    /// Whom each probe may be, best first, and what counted as found. The request's answer says from
    /// now on what the search saw: to be called by the task that works for the request.
    pub(crate) fn told(self) -> (Vec<Vec<Match>>, Aim) {
        let Answer {
            matches,
            aim,
            revision,
        } = self.0;
        revisions::tell(revision);
        (matches, aim)
    }
}

impl App {
    /// Runs `job` on the engine as [`App::infer`] does, then `find`, which asks the gallery, with what
    /// the job gave. Where the gallery computes, that is in the job's place on the engine, so that the
    /// engine's queue bounds searches too; where it asks the database, no worker waits for that.
    ///
    /// # Errors
    /// Those of the engine, of `job` and of `find`.
    pub(crate) async fn infer_then<T, R, J, F, W>(&self, job: J, find: F) -> Result<R, ServiceError>
    where
        T: Send + 'static,
        R: Send + 'static,
        J: FnOnce(&mut Pipeline) -> Result<T, ServiceError> + Send + 'static,
        F: FnOnce(Arc<Gallery>, T) -> W + Send + 'static,
        W: Future<Output = Result<R, ServiceError>>,
    {
        let gallery = Arc::clone(&self.gallery);
        match gallery.engine() {
            Engine::Embedded => {
                let runtime = Handle::current();
                let job = move |pipeline: &mut Pipeline| {
                    let made = job(pipeline)?;
                    // It never waits: see `Gallery::find`.
                    runtime.block_on(find(gallery, made))
                };
                self.infer(job).await?
            }
            Engine::Pgvector { .. } => {
                let made = self.infer(job).await??;
                find(gallery, made).await
            }
        }
    }
}
