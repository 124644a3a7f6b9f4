//! Searches that ask: the database, or the indexes of this node in the same words.

use std::sync::Arc;

use inference::{Embedding, Score};
use store::{ClientId, CollectionId, Revision, StoreError, VectorQuery};

use crate::{Aim, Engine, Gallery, GalleryError, Match, Mode, Phase, Query};

/// What is searched for, with what counts as found hanging on how many faces there are.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose persons.
    pub client: ClientId,
    /// In which collection; `None` means all persons of the account.
    pub collection: Option<CollectionId>,
    /// Templates, each searched for by itself.
    pub probes: Vec<Embedding>,
    /// Persons below this score (as rounded for the answer) are left out, 0 to 1.
    pub min_score: f64,
    /// So are those below the score at which at most this share of strangers is taken for somebody, above 0 and below 1.
    pub max_fpir: Option<f64>,
    /// Persons so far below either are found too.
    pub slack: f64,
    /// At most so many persons for each probe.
    pub limit: usize,
    /// How.
    pub mode: Mode,
}

impl Question {
    /// The search for one of its probes, once it is known what counts as found.
    #[must_use]
    pub fn query(&self, probe: &Embedding, aim: &Aim) -> Query {
        Query {
            client: self.client,
            collection: self.collection,
            probe: probe.clone(),
            min_score: self.least(aim.min_score),
            limit: self.limit,
            mode: self.mode,
        }
    }

    /// From which score on persons are looked for, where those from `min_score` on count as found.
    #[must_use]
    pub fn least(&self, min_score: f64) -> Score {
        Score::new((min_score - self.slack) as f32)
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
pub enum AskError {
    /// The search.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gallery {
    /// Answers from wherever templates are compared. With [`Engine::Embedded`] it computes for milliseconds, on this thread.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(&self, question: Question) -> Result<Answer, AskError> {
        match self.engine() {
            Engine::Embedded => Ok(self.look(&question)?),
            Engine::Pgvector { .. } => self.ask_database(question).await,
        }
    }

    fn look(&self, question: &Question) -> Result<Answer, GalleryError> {
        let revision = self.revision();
        let aim = self.aim_of(question)?;
        let search = |probe| self.search(&question.query(probe, &aim));
        let matches = question.probes.iter().map(search);
        Ok(Answer {
            matches: matches.collect::<Result<_, _>>()?,
            aim,
            revision,
        })
    }

    /// What counts as found, for the faces of this node that are searched now.
    ///
    /// # Errors
    /// As [`Gallery::aim`].
    pub fn aim_of(&self, question: &Question) -> Result<Aim, GalleryError> {
        let Question {
            client, collection, ..
        } = *question;
        self.aim(client, collection, question.min_score, question.max_fpir)
    }

    async fn ask_database(&self, question: Question) -> Result<Answer, AskError> {
        let shared = &self.shared;
        match self.phase() {
            Phase::Loading => return Err(GalleryError::Loading.into()),
            Phase::Stopped => return Err(GalleryError::Stopped.into()),
            Phase::Following => {}
        }
        let other = |probe: &Embedding| probe.as_slice().len() != shared.options.dimension;
        if question.probes.iter().any(other) {
            return Err(GalleryError::WrongModel.into());
        }
        let aim = |faces: usize| self.aim_at(faces, question.min_score, question.max_fpir);
        let (scale, min_score, max_fpir, slack) = (
            Arc::clone(&shared.scale),
            question.min_score,
            question.max_fpir,
            question.slack,
        );
        let probes = question.probes.iter();
        let query = VectorQuery {
            client: question.client,
            collection: question.collection,
            model: shared.options.model,
            probes: probes.map(|probe| probe.as_slice().to_vec()).collect(),
            limit: question.limit,
            fast: question.mode == Mode::Fast,
            least: Arc::new(move |faces: u64| {
                let aim = Aim::new(&scale, faces as usize, min_score, max_fpir);
                scale.least_cosine(Score::new((aim.min_score - slack) as f32))
            }),
        };
        let answer = shared.store.search_vectors(query).await?;
        let aim = aim(answer.faces as usize);
        let least = question.least(aim.min_score).rounded();
        let matches = answer.hits.into_iter().map(|hits| {
            let found = hits.into_iter().map(|hit| Match {
                person: hit.person,
                face: hit.face,
                score: shared.scale.score(hit.cosine),
            });
            let mut found: Vec<Match> = found.filter(|one| one.score.rounded() >= least).collect();
            // Different cosines may have one score.
            found.sort_by(Match::best_first);
            found
        });
        Ok(Answer {
            matches: matches.collect(),
            aim,
            revision: answer.revision,
        })
    }
}
