//! Searching what other nodes hold.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use gallery::{GalleryError, Match, Mode, Question as Errand, Scope};
use inference::Score;
use store::Revision;

use super::{answer, merged};
use crate::{
    App, ServiceError,
    nodes::{Answer, Nodes, Probe, Question, Refused, Within},
};

/// How often it is tried to have an answer: the second time with what is known of the nodes by then.
const TRIES: usize = 2;

/// What was found.
pub(super) struct Brought {
    /// For each probe, best first.
    pub(super) found: Vec<Vec<Match>>,
    /// Faces that were compared.
    pub(super) faces: usize,
    /// What all who took part had seen.
    pub(super) revision: Revision,
}

/// Some of the scopes, and what is in them.
struct Leg {
    scopes: Vec<Scope>,
    answer: Answer,
}

/// Searches everything that is asked for, of `since` or later, or nothing: where somebody is missing there is no answer.
///
/// # Errors
/// [`GalleryError::NotHeld`] when nobody holds some of it, or who does gives no answer; [`GalleryError::Behind`]; the database.
pub(super) async fn run(
    app: &App,
    errand: &Errand,
    since: Revision,
) -> Result<Brought, ServiceError> {
    let nodes = app.nodes.as_ref().ok_or(GalleryError::NotHeld)?;
    let (mut known, scopes) = match errand.collection {
        Some(id) => (None, vec![Scope::Collection(id)]),
        None => {
            let (revision, ids) = app.store.collections_of(errand.client).await?;
            let ids = ids.into_iter().map(Scope::Collection);
            // A collection that was made later is not looked into: the answer must not say that it was.
            (
                Some(revision),
                ids.chain([Scope::Loose(errand.client)]).collect(),
            )
        }
    };
    let (limit, count) = (errand.limit, errand.probes.len());
    let trip = Trip { app, nodes, errand };
    let mut legs = trip.go(scopes, since).await?;
    if legs.len() > 1 {
        // Somebody who moves from a collection of one node to one of another may have left the one before it came to the other: who had
        // not seen what the others may have is asked again.
        let newest = app.store.revision().await?;
        let (fresh, stale): (Vec<_>, Vec<_>) = legs
            .into_iter()
            .partition(|leg| leg.answer.revision >= newest.number());
        legs = fresh;
        if !stale.is_empty() {
            let again = stale.into_iter().flat_map(|leg| leg.scopes).collect();
            legs.extend(trip.go(again, newest).await?);
        }
    }
    let mut found: Vec<Vec<Vec<Match>>> = (0..count).map(|_| Vec::new()).collect();
    let mut faces = 0;
    for Leg { answer, .. } in legs {
        faces += answer.faces;
        let revision = Revision::from(answer.revision);
        known = Some(known.map_or(revision, |known| known.min(revision)));
        for (all, rows) in found.iter_mut().zip(answer.found) {
            let one = |(person, face, score)| Match {
                person,
                face,
                score: Score::new(score),
            };
            all.push(rows.into_iter().map(one).collect());
        }
    }
    Ok(Brought {
        found: found.into_iter().map(|all| merged(all, limit)).collect(),
        faces,
        revision: known.unwrap_or_default(),
    })
}

/// The way to all who hold something of what is asked for.
struct Trip<'a> {
    app: &'a App,
    nodes: &'a Nodes,
    errand: &'a Errand,
}

impl Trip<'_> {
    /// The answers about these scopes; which of them come together is who answers them.
    async fn go(&self, scopes: Vec<Scope>, since: Revision) -> Result<Vec<Leg>, ServiceError> {
        let (mut todo, mut legs) = (scopes, Vec::new());
        let (mut avoided, mut error) = (Vec::new(), GalleryError::NotHeld);
        for attempt in 0..TRIES {
            if attempt > 0 {
                self.nodes.refresh(&*self.app.store).await?;
            }
            let Some(plan) = self.plan(&todo, &avoided) else {
                continue;
            };
            let asked = plan.into_iter().map(|(node, scopes)| async move {
                let outcome = self.ask(node.as_deref(), &scopes, since).await;
                (node, scopes, outcome)
            });
            todo = Vec::new();
            for (node, scopes, outcome) in join_all(asked).await {
                match outcome {
                    Ok(answer) => legs.push(Leg { scopes, answer }),
                    Err(refused) => {
                        error = match refused {
                            Refused::Behind => GalleryError::Behind,
                            Refused::NotHeld | Refused::Failed => GalleryError::NotHeld,
                        };
                        avoided.extend(node);
                        todo.extend(scopes);
                    }
                }
            }
            if todo.is_empty() {
                return Ok(legs);
            }
        }
        Err(error.into())
    }

    /// Who is to be asked for what; `None` as a node is this one. None at all where nobody holds some of it.
    fn plan(
        &self,
        scopes: &[Scope],
        avoided: &[String],
    ) -> Option<BTreeMap<Option<String>, Vec<Scope>>> {
        let (held, view) = (self.app.gallery.held(), self.nodes.view());
        let mut plan: BTreeMap<Option<String>, Vec<Scope>> = BTreeMap::new();
        for scope in scopes {
            let node = match held.covers(*scope) {
                true => None,
                false => Some(view.server(*scope, avoided)?.to_owned()),
            };
            plan.entry(node).or_default().push(*scope);
        }
        Some(plan)
    }

    async fn ask(
        &self,
        node: Option<&str>,
        scopes: &[Scope],
        since: Revision,
    ) -> Result<Answer, Refused> {
        let probes = self.errand.probes.iter().cloned().map(Probe);
        let question = Question {
            model: self.app.gallery.model(),
            client: self.errand.client,
            within: match self.errand.collection {
                Some(id) => Within::Collection(id),
                None => Within::scopes(scopes),
            },
            probes: probes.collect(),
            min_score: self.errand.least(self.errand.min_score).value(),
            limit: self.errand.limit,
            fast: self.errand.mode == Mode::Fast,
            since: since.number(),
        };
        let Some(node) = node else {
            let answered = answer(self.app, self.nodes, &Arc::new(question)).await;
            return answered.map_err(|error| match error {
                ServiceError::Gallery(GalleryError::Behind) => Refused::Behind,
                ServiceError::Gallery(_) => Refused::NotHeld,
                _ => Refused::Failed,
            });
        };
        self.nodes.ask(node, &question).await
    }
}
