//! Who is enrolled already and looks like somebody who is being enrolled: advice for the caller, which never holds an enrolment up.

use gallery::{Gallery, Match, Phase};
use inference::{Effort, Embedding};
use store::{ClientId, CollectionId, Person, PersonId};

use super::{
    Cutoff, Found, SearchTerms, ServiceError,
    search::{Searched, Searcher, merged, persons_of_one},
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
            .map(|scope| Searcher::within(&terms, scope));
        Self(searchers.collect())
    }

    /// Looks who has a face like one of these; where that fails, nobody has. It may compute, as
    /// [`Searcher::find`] does.
    pub(super) async fn find(&self, gallery: &Gallery, faces: &[Embedding]) -> Near {
        let mut near = Near::default();
        for searcher in &self.0 {
            match searcher.find(gallery, faces.to_vec()).await {
                Ok(searched) => near.0.push(searched),
                Err(error) => {
                    tracing::debug!(%error, "look-alikes could not be looked for");
                    return Near::default();
                }
            }
        }
        near
    }
}

/// What [`LookAlikes::find`] found.
#[derive(Debug, Default)]
pub(super) struct Near(Vec<Searched>);

impl Near {
    /// Who they are, likest first.
    fn told(self) -> Vec<Match> {
        let found = self.0.into_iter().flat_map(|searched| searched.told().0);
        merged(found.collect(), MOST + 1)
    }
}

/// The persons of [`LookAlikes::find`], without the one who is enrolled.
pub(super) async fn told(
    app: &App,
    client: ClientId,
    near: Near,
    own: Option<PersonId>,
) -> Result<Vec<Found>, ServiceError> {
    let others = near
        .told()
        .into_iter()
        .filter(|one| Some(one.person) != own);
    persons_of_one(app, client, others.take(MOST).collect()).await
}
