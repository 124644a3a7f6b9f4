//! Who is enrolled already and looks like somebody who is being enrolled: advice for the caller, which never holds an enrolment up.

use gallery::{Match, Phase};
use inference::{Effort, Embedding};
use store::{ClientId, CollectionId, Person, PersonId};

use super::{
    Cutoff, Found, SearchTerms, ServiceError,
    search::{Searcher, Sought, merged, persons_of_one},
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

    /// Looks who has a face like one of these, as far as that is known here. Runs on an engine thread.
    pub(super) fn look(&self, faces: &[Embedding]) -> Near {
        let looked = self.0.iter().map(|searcher| {
            let sought = searcher.look(faces.to_vec())?;
            Ok((searcher.clone(), sought))
        });
        match looked.collect::<Result<_, ServiceError>>() {
            Ok(near) => Near(near),
            Err(error) => {
                failed(&error);
                Near::default()
            }
        }
    }
}

/// What is known of look-alikes after a job.
#[derive(Default)]
pub(super) struct Near(Vec<(Searcher, Sought)>);

impl Near {
    /// Who they are, likest first.
    async fn found(self, app: &App) -> Result<Vec<Match>, ServiceError> {
        let mut found = Vec::new();
        for (searcher, sought) in self.0 {
            found.extend(searcher.found(app, sought).await?.0);
        }
        Ok(merged(found, MOST + 1))
    }
}

fn failed(error: &ServiceError) {
    tracing::debug!(%error, "look-alikes could not be looked for");
}

/// The persons of [`LookAlikes::look`], without the one who is enrolled.
pub(super) async fn told(
    app: &App,
    client: ClientId,
    near: Near,
    own: Option<PersonId>,
) -> Result<Vec<Found>, ServiceError> {
    let matches = near.found(app).await.unwrap_or_else(|error| {
        failed(&error);
        Vec::new()
    });
    let others = matches.into_iter().filter(|one| Some(one.person) != own);
    persons_of_one(app, client, others.take(MOST).collect()).await
}
