//! Who is enrolled already and looks like somebody who is being enrolled: advice for the caller, which never holds an enrolment up.

use gallery::{Match, Phase};
use inference::{Effort, Embedding};
use store::{ClientId, CollectionId, Person, PersonId};

use super::{
    Cutoff, Found, SearchTerms, ServiceError,
    search::{Searcher, merged, persons_of_one},
};
use crate::App;

/// Most of them that are told.
const MOST: usize = 5;

/// Somebody who was enrolled.
#[derive(Debug)]
pub struct Enrolled {
    /// Who.
    pub person: Person,
    /// Who was there before and looks like it, likest first.
    pub look_alikes: Vec<Found>,
}

/// Where look-alikes are looked for.
#[derive(Default)]
pub(super) struct LookAlikes(Vec<Searcher>);

impl LookAlikes {
    /// Among the persons of these collections, or of the whole account where there is none. Nowhere when the setting says so, or the
    /// indexes are being built.
    pub(super) fn of(app: &App, client: ClientId, collections: &[CollectionId]) -> Self {
        let least = app.config.faces.look_alike_score;
        if least == 0.0 || app.gallery.phase() != Phase::Following {
            return Self::default();
        }
        let terms = SearchTerms {
            client,
            collection: None,
            cutoff: Cutoff::score(least),
            // The person itself may be among them.
            limit: MOST + 1,
            effort: Effort::Fast,
        };
        let scopes = match collections {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        let searchers = scopes
            .into_iter()
            .map(|scope| Searcher::within(app, &terms, scope));
        Self(searchers.collect())
    }

    /// Who has a face like one of these, likest first. Runs on an engine thread.
    pub(super) fn find(&self, faces: &[Embedding]) -> Vec<Match> {
        let search = |searcher: &Searcher| -> Result<Vec<Vec<Match>>, ServiceError> {
            let aim = searcher.aim();
            let faces = faces.iter().cloned();
            faces.map(|face| searcher.find(face, &aim)).collect()
        };
        let found: Result<Vec<_>, _> = self.0.iter().map(search).collect();
        match found {
            Ok(found) => merged(found.into_iter().flatten().collect(), MOST + 1),
            Err(error) => {
                tracing::debug!(%error, "look-alikes could not be looked for");
                Vec::new()
            }
        }
    }
}

/// The persons of [`LookAlikes::find`], without the one who is enrolled.
pub(super) async fn told(
    app: &App,
    client: ClientId,
    matches: Vec<Match>,
    own: Option<PersonId>,
) -> Result<Vec<Found>, ServiceError> {
    let others = matches.into_iter().filter(|one| Some(one.person) != own);
    persons_of_one(app, client, others.take(MOST).collect()).await
}
