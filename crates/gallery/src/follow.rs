//! Keeping the indexes in step with the store.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::StreamExt;
use store::{Change, ChangeKind, ClientId, PersonId, Revision, StoreError};
use tokio::{sync::watch, task};

use crate::{
    Held, Phase, Scope, Shared,
    gain::Gain,
    place::{by_person, place},
    roster::Roster,
};

/// Templates read at a time.
pub(crate) const BATCH: u32 = 1000;
/// Changes applied at a time.
const CHANGES: u32 = 1000;
/// Persons read at the same time.
const READS: usize = 8;
/// Ids of persons read at a time.
const STRANGERS: u32 = 5000;
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
    let held = shared.wanted.borrow().clone();
    let copy = shared.shelves.empty_copy(held.clone());
    let mut building = (Roster::default(), copy);
    while let Some(batch) = scan.batches.next().await {
        let batch = batch?;
        let (count, held) = (batch.len() as u64, held.clone());
        building = compute(move || {
            let (mut roster, shelves) = building;
            for (person, templates) in by_person(batch) {
                place(&mut roster, &shelves, &held, person, &templates);
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

/// Applies changes as they come, and holds what is wanted. Returns when some were pruned before they were seen: then only a new scan helps.
async fn follow(shared: &Arc<Shared>, roster: Roster, mut revision: Revision) {
    let mut news = shared.store.watch();
    let mut wanted = shared.wanted.subscribe();
    let mut follower = Follower {
        shared: Arc::clone(shared),
        roster,
        holding: shared.shelves.held(),
        gain: None,
    };
    let mut healthy = true;
    loop {
        let step = follower.step(&mut wanted, revision).await;
        match step {
            Ok(seen) => {
                healthy = true;
                match seen {
                    Some(seen) => {
                        revision = seen;
                        shared
                            .status
                            .send_modify(|status| status.revision = revision);
                    }
                    None if follower.gain.is_some() => {}
                    None => {
                        // All outcomes lead to the same questions.
                        tokio::select! {
                            _ = news.changed() => {}
                            _ = wanted.changed() => {}
                            () = tokio::time::sleep(shared.options.poll) => {}
                        }
                    }
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

/// What the following of changes knows.
struct Follower {
    shared: Arc<Shared>,
    roster: Roster,
    /// What is put on shelves: what is held, and what is being read to be held.
    holding: Held,
    gain: Option<Gain>,
}

impl Follower {
    /// Takes up what is wanted, applies what has changed since `revision`, and reads on where more is to be held. The new revision, if
    /// there is one.
    async fn step(
        &mut self,
        wanted: &mut watch::Receiver<Held>,
        revision: Revision,
    ) -> Result<Option<Revision>, StoreError> {
        if self.holding != *wanted.borrow() {
            let target = wanted.borrow_and_update().clone();
            self.adopt(target).await?;
        }
        let changes = self.shared.store.changes_since(revision, CHANGES).await?;
        if !changes.is_empty() {
            let touched = self.apply(&changes).await?;
            if let Some(gain) = &mut self.gain {
                gain.note(&touched);
            }
        }
        if let Some(gain) = &mut self.gain {
            match gain.step(&self.shared, &mut self.roster).await {
                Ok(false) => {}
                Ok(true) => self.gain = None,
                // A read that failed leaves shelves that are not whole: they go, and it begins anew.
                Err(error) => {
                    self.narrow(self.shared.shelves.held()).await;
                    return Err(error);
                }
            }
        }
        Ok(changes.last().map(|change| change.revision))
    }

    /// Lets go of what is not wanted any more, and begins to read what is new.
    async fn adopt(&mut self, target: Held) -> Result<(), StoreError> {
        let stays = self.shared.shelves.held().and(&target);
        if self.gain.is_some() || stays != self.holding {
            self.narrow(stays.clone()).await;
        }
        if stays != target {
            self.gain = Some(Gain::start(&self.shared, target.clone()).await?);
            self.holding = target;
        }
        Ok(())
    }

    async fn narrow(&mut self, held: Held) {
        self.gain = None;
        self.holding = held.clone();
        let (shared, mut moved) = (Arc::clone(&self.shared), std::mem::take(&mut self.roster));
        self.roster = compute(move || {
            shared.shelves.narrow(held.clone());
            moved.narrow(&held);
            moved
        })
        .await;
    }

    /// Brings the indexes to what the store says now of everybody whom `changes` touch; says who that is.
    async fn apply(
        &mut self,
        changes: &[Change],
    ) -> Result<BTreeSet<(ClientId, PersonId)>, StoreError> {
        let mut touched: BTreeSet<(ClientId, PersonId)> = BTreeSet::new();
        let mut left: BTreeSet<ClientId> = BTreeSet::new();
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
                    touched.extend(self.roster.members(collection));
                    let unknown = !self.holding.covers(Scope::Collection(collection));
                    if unknown && self.holding.covers(Scope::Loose(change.client)) {
                        left.insert(change.client);
                    }
                }
            }
        }
        for client in left {
            strangers(&self.shared, &self.roster, client, &mut touched).await?;
        }
        // Several reads are under way at a time: the end of a large collection touches very many persons.
        let shared = &self.shared;
        let mut reads = futures_util::stream::iter(touched.clone())
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
            let mut moved = std::mem::take(&mut self.roster);
            let (shared, holding) = (Arc::clone(&self.shared), self.holding.clone());
            self.roster = compute(move || {
                for (person, templates) in chunk {
                    place(&mut moved, &shared.shelves, &holding, person, &templates);
                }
                moved
            })
            .await;
        }
        Ok(touched)
    }
}

/// Persons who were in a collection that is held elsewhere may be in none since its end, and then be at home here: nothing tells who.
async fn strangers(
    shared: &Shared,
    roster: &Roster,
    client: ClientId,
    touched: &mut BTreeSet<(ClientId, PersonId)>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let loose = shared.store.loose_persons(client, after, STRANGERS).await?;
        after = loose.last().copied();
        if after.is_none() {
            return Ok(());
        }
        let unknown = loose
            .into_iter()
            .filter(|person| roster.place(*person).is_none());
        touched.extend(unknown.map(|person| (client, person)));
    }
}

/// Runs work that computes for long off the async threads. A panic in it is passed on: the follower must not go on with half
/// of a change.
pub(crate) async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Cancelled: the runtime is shutting down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}
