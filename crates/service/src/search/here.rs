//! What this node answers another about what it holds, and itself where it holds but a part of what is asked for.

use std::{sync::Arc, time::Duration};

use gallery::{GalleryError, Match, Mode, Query, Scope};
use inference::{EngineError, Score};
use store::Revision;

use crate::{
    App, ServiceError,
    nodes::{Answer, Nodes, Probe, Question, Within},
    observe::timed,
};

/// How long it waits for the revision that is asked for: less than the one who asks waits for the answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Answers from what is held here alone: nothing is passed on once more.
///
/// # Errors
/// [`ServiceError::Gallery`], `NotHeld` among them; [`ServiceError::Engine`] while the server stops.
pub(crate) async fn answer(
    app: &App,
    nodes: &Nodes,
    question: &Arc<Question>,
) -> Result<Answer, ServiceError> {
    if question.model != app.gallery.model() {
        return Err(GalleryError::WrongModel.into());
    }
    let since = Revision::from(question.since);
    app.gallery.reached_within(since, PATIENCE).await?;
    let revision = app.gallery.revision();
    let stopped = |_| ServiceError::from(EngineError::Stopped);
    // The search computes: as many at a time as there are workers.
    let _place = nodes.places.acquire().await.map_err(stopped)?;
    let (gallery, question) = (Arc::clone(&app.gallery), Arc::clone(question));
    let work = move || timed("search", || search(&gallery, &question));
    let done = tokio::task::spawn_blocking(work).await;
    let (found, faces) = done.map_err(|failed| match failed.is_panic() {
        true => ServiceError::from(EngineError::Panicked),
        false => EngineError::Stopped.into(),
    })??;
    let row = |one: Match| (one.person, one.face, one.score.value());
    let rows = found
        .into_iter()
        .map(|one| one.into_iter().map(row).collect());
    Ok(Answer {
        found: rows.collect(),
        faces,
        revision: revision.number(),
    })
}

fn search(
    gallery: &gallery::Gallery,
    question: &Question,
) -> Result<(Vec<Vec<Match>>, usize), GalleryError> {
    let query = |collection, Probe(probe): &Probe| Query {
        client: question.client,
        collection,
        probe: probe.clone(),
        min_score: Score::new(question.min_score),
        limit: question.limit,
        mode: if question.fast {
            Mode::Fast
        } else {
            Mode::Accurate
        },
    };
    match &question.within {
        Within::Collection(id) => {
            let faces = gallery.faces(question.client, Some(*id))?;
            let probes = question.probes.iter();
            let found = probes.map(|probe| gallery.search(&query(Some(*id), probe)));
            Ok((found.collect::<Result<_, _>>()?, faces))
        }
        Within::Account { loose, collections } => {
            let collections = collections.iter().copied().map(Scope::Collection);
            let loose = loose.then_some(Scope::Loose(question.client));
            let scopes: Vec<Scope> = collections.chain(loose).collect();
            let faces = gallery.faces_of(question.client, &scopes)?;
            let probes = question.probes.iter();
            let found = probes.map(|probe| gallery.search_scopes(&query(None, probe), &scopes));
            Ok((found.collect::<Result<_, _>>()?, faces))
        }
    }
}
