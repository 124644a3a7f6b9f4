//! 1:N search, the same for both engines.

use std::cmp::Ordering;

use inference::{Embedding, Score};
use store::{ClientId, CollectionId, FaceId, PersonId, Revision, StoreError};

use crate::{Aim, Engine, Gallery, GalleryError, Phase, memory, pgvector};

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By the graph where the collection is large enough to have one, otherwise exact.
    Fast,
    /// Exact: every face is compared.
    Accurate,
}

/// What is searched for, and what counts as found.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose persons.
    pub client: ClientId,
    /// In which collection; `None` means all persons of the account.
    pub collection: Option<CollectionId>,
    /// Templates, each searched for by itself. Without one the answer says what would count as found.
    pub probes: Vec<Embedding>,
    /// Persons whose score, as rounded for the answer, is below this one are left out, 0 to 1.
    pub min_score: f64,
    /// So are those below the score at which at most this share of strangers is taken for somebody,
    /// above 0 and below 1. The stricter of both counts.
    pub max_fpir: Option<f64>,
    /// Persons so far below either are found too.
    pub slack: f64,
    /// At most so many persons for each probe.
    pub limit: usize,
    /// How.
    pub mode: Mode,
}

impl Request {
    /// From which score on persons are found, where those from `aim` on count as found.
    pub(crate) fn least(&self, aim: &Aim) -> f64 {
        aim.min_score - self.slack
    }

    /// Of what an engine found of one probe: who counts, best first, at most [`Request::limit`].
    pub(crate) fn cut(&self, mut found: Vec<Match>, aim: &Aim) -> Vec<Match> {
        let least = self.least(aim);
        found.retain(|one| one.score.rounded() >= least);
        // Different cosines may have one score.
        found.sort_by(Match::best_first);
        found.truncate(self.limit);
        found
    }
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

/// Who was found.
#[derive(Debug, Clone)]
pub struct Answer {
    /// For each probe: best first; equal scores by id.
    pub matches: Vec<Vec<Match>>,
    /// What counted as found.
    pub aim: Aim,
    /// What was searched: at least everything up to here.
    pub revision: Revision,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The search.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gallery {
    /// Answers from wherever templates are compared. With [`Engine::Embedded`] it computes for
    /// milliseconds and never waits: poll it on a thread that may.
    ///
    /// # Errors
    /// [`FindError`]: [`GalleryError::Loading`], [`GalleryError::Stopped`],
    /// [`GalleryError::WrongModel`]; with [`Engine::Pgvector`] the database.
    pub async fn find(&self, request: Request) -> Result<Answer, FindError> {
        let shared = &self.shared;
        match self.phase() {
            Phase::Loading => return Err(GalleryError::Loading.into()),
            Phase::Stopped => return Err(GalleryError::Stopped.into()),
            Phase::Following => {}
        }
        let other = |probe: &Embedding| probe.as_slice().len() != shared.options.dimension;
        if request.probes.iter().any(other) {
            return Err(GalleryError::WrongModel.into());
        }
        match shared.options.engine {
            Engine::Embedded => Ok(memory::find(shared, &request)?),
            Engine::Pgvector { .. } => Ok(pgvector::find(shared, request).await?),
        }
    }
}
