//! Keeping the indexes in step with the store.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::StreamExt;
use store::{Change, ChangeKind, ClientId, PersonId, Revision, StoreError};
use tokio::task;

use crate::{
    Phase, Shared,
    place::{by_person, place},
    roster::Roster,
};

/// Templates read at a time.
const BATCH: u32 = 1000;
/// Changes applied at a time.
const CHANGES: u32 = 1000;
/// Persons read at the same time.
const READS: usize = 8;
/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// How often the indexes do their chores.
const CHORES: Duration = Duration::from_secs(60);

/// Keeps a follower running; one that panicked is replaced by one that builds everything anew.
pub(crate) async fn supervise(shared: Arc<Shared>) {
    loop {
        let mut tasks = task::JoinSet::new();
        tasks.spawn(run(Arc::clone(&shared)));
        tasks.spawn(maintain(Arc::clone(&shared)));
        // Neither returns by itself.
        let _ = tasks.join_next().await;
        tracing::error!("following the store failed; building the search indexes anew");
        tokio::time::sleep(RETRY).await;
    }
}

/// Builds the indexes, then follows the changes, until the task is aborted.
async fn run(shared: Arc<Shared>) {
    loop {
        match load(&shared).await {
            Ok((roster, revision)) => follow(&shared, roster, revision).await,
            Err(error) => {
                tracing::warn!(%error, "the search indexes could not be built; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn maintain(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(CHORES).await;
        let shared = Arc::clone(&shared);
        compute(move || shared.shelves.maintain()).await;
    }
}

/// Builds every index from a scan and puts them in place of what was there.
async fn load(shared: &Arc<Shared>) -> Result<(Roster, Revision), StoreError> {
    let mut scan = shared
        .store
        .scan_templates(shared.options.model, BATCH)
        .await?;
    shared
        .status
        .send_modify(|status| (status.loaded, status.total) = (0, scan.faces));
    let mut building = (Roster::default(), shared.shelves.empty_copy());
    while let Some(batch) = scan.batches.next().await {
        let batch = batch?;
        let count = batch.len() as u64;
        building = compute(move || {
            let (mut roster, shelves) = building;
            for (person, templates) in by_person(batch) {
                place(&mut roster, &shelves, person, &templates);
            }
            (roster, shelves)
        })
        .await;
        shared.status.send_modify(|status| status.loaded += count);
    }
    let (roster, shelves) = building;
    shared.shelves.replace_with(shelves);
    let others = scan.faces.saturating_sub(shared.status.borrow().loaded);
    if others > 0 {
        tracing::warn!(
            faces = others,
            "some faces have no template of this model: searches find them once they are re-embedded"
        );
    }
    shared.status.send_modify(|status| {
        if status.phase != Phase::Stopped {
            (status.phase, status.revision) = (Phase::Following, scan.revision);
        }
    });
    // Searches are served from here on; now the graphs may take their time.
    let filled = Arc::clone(shared);
    compute(move || filled.shelves.maintain()).await;
    tracing::info!(revision = %scan.revision, faces = shared.status.borrow().loaded, "the search indexes are built");
    Ok((roster, scan.revision))
}

/// Applies changes as they come. Returns when some were pruned before they were seen: then only a new scan helps.
async fn follow(shared: &Arc<Shared>, mut roster: Roster, mut revision: Revision) {
    let mut news = shared.store.watch();
    let mut healthy = true;
    loop {
        match step(shared, &mut roster, revision).await {
            Ok(Some(seen)) => {
                (healthy, revision) = (true, seen);
                shared
                    .status
                    .send_modify(|status| status.revision = revision);
            }
            Ok(None) => {
                healthy = true;
                // Both outcomes lead to the same question.
                tokio::select! {
                    _ = news.changed() => {}
                    () = tokio::time::sleep(shared.options.poll) => {}
                }
            }
            Err(StoreError::RevisionPruned) => {
                tracing::warn!(%revision, "changes were pruned before they were seen; building the search indexes anew");
                return;
            }
            // What was applied of these changes already bears being applied again.
            Err(error) => {
                // Once per outage.
                if healthy {
                    tracing::warn!(%error, "changes could not be read; trying again");
                }
                healthy = false;
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Applies what has changed since `revision`. The new revision, if there is one.
async fn step(
    shared: &Arc<Shared>,
    roster: &mut Roster,
    revision: Revision,
) -> Result<Option<Revision>, StoreError> {
    let changes = shared.store.changes_since(revision, CHANGES).await?;
    apply(shared, roster, &changes).await?;
    Ok(changes.last().map(|change| change.revision))
}

/// Brings the indexes to what the store says now of everybody whom `changes` touch.
async fn apply(
    shared: &Arc<Shared>,
    roster: &mut Roster,
    changes: &[Change],
) -> Result<(), StoreError> {
    let mut touched: BTreeSet<(ClientId, PersonId)> = BTreeSet::new();
    for change in changes {
        match change.kind {
            ChangeKind::FaceAdded { person, .. }
            | ChangeKind::FaceRemoved { person, .. }
            | ChangeKind::MembershipAdded { person, .. }
            | ChangeKind::MembershipRemoved { person, .. }
            | ChangeKind::PersonRemoved { person } => {
                touched.insert((change.client, person));
            }
            ChangeKind::CollectionRemoved { collection } => {
                touched.extend(roster.members(collection));
            }
        }
    }
    // Several reads are under way at a time: the end of a large collection touches very many persons.
    let mut reads = futures_util::stream::iter(touched)
        .map(|(client, person)| async move {
            let read = shared
                .store
                .templates_of_person(client, person, shared.options.model);
            read.await.map(|templates| ((client, person), templates))
        })
        .buffered(READS)
        .ready_chunks(READS);
    while let Some(chunk) = reads.next().await {
        let chunk = chunk.into_iter().collect::<Result<Vec<_>, _>>()?;
        let (mut moved, shared) = (std::mem::take(roster), Arc::clone(shared));
        *roster = compute(move || {
            for (person, templates) in chunk {
                place(&mut moved, &shared.shelves, person, &templates);
            }
            moved
        })
        .await;
    }
    Ok(())
}

/// Runs work that computes for long off the async threads. A panic in it is passed on: the follower must not go on with half
/// of a change.
async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Cancelled: the runtime is shutting down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}
