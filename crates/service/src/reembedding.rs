//! Re-embedding in the background: what is left after a change of the pack, then what nodes with another pack enrol.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gallery::Gallery;
use store::{Catalog, ChangeKind, FaceId, Revision, StoreError};

use crate::{Reembedded, Reembedder, ServiceError, observe};

/// Between two looks at what was enrolled.
const PAUSE: Duration = Duration::from_secs(2);
/// Longest wait for news of it.
const POLL: Duration = Duration::from_secs(60);
/// After the database failed.
const RETRY: Duration = Duration::from_secs(5);
/// Between two lines in the log.
const REPORT: Duration = Duration::from_secs(10);
/// Changes read at a time.
const CHANGES: u32 = 1000;

/// How far it is.
#[derive(Debug, Default)]
pub struct Reembedding {
    running: AtomicBool,
    waiting: AtomicU64,
    failed: AtomicU64,
}

impl Reembedding {
    /// Whether faces are being re-embedded now.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// Faces that wait for a template of the pack in use: searches do not find them yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Faces of which no template can be made: searches do not find them.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    fn begin(&self, waiting: u64) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.running.store(true, Ordering::Relaxed);
    }

    fn done(&self, done: Reembedded) {
        observe::reembedded(done.added, done.failed);
        self.failed.fetch_add(done.failed, Ordering::Relaxed);
        let left = self.waiting().saturating_sub(done.faces());
        self.waiting.store(left, Ordering::Relaxed);
    }

    fn end(&self) {
        self.waiting.store(0, Ordering::Relaxed);
        self.running.store(false, Ordering::Relaxed);
    }
}

/// What the background task works with.
pub struct Task {
    /// The database.
    pub store: Arc<dyn Catalog>,
    /// The searchable faces, which say when they were read.
    pub gallery: Arc<Gallery>,
    /// Makes the templates.
    pub reembedder: Reembedder,
    /// How far it is, for whoever asks.
    pub state: Arc<Reembedding>,
    /// Not after the state of the database from which the gallery was built.
    pub since: Revision,
}

impl Task {
    /// Works until it is aborted.
    pub async fn run(self) {
        // What the gallery found wanting when it read all faces: a count here would read them once more.
        while self.gallery.reached(Revision::ZERO).await.is_err() {
            tokio::time::sleep(RETRY).await;
        }
        let status = self.gallery.status();
        let mut all = status.loaded < status.total;
        let mut revision = self.since;
        loop {
            let worked = async {
                if std::mem::take(&mut all) {
                    self.all().await?;
                }
                self.follow(&mut revision).await
            };
            match worked.await {
                Err(ServiceError::Store(StoreError::RevisionPruned)) => {
                    // What the pruned changes told shows in the faces themselves.
                    match self.store.revision().await {
                        Ok(newest) => revision = newest,
                        Err(error) => tracing::debug!(%error, "the revision could not be read"),
                    }
                    all = true;
                }
                Err(error) => {
                    tracing::warn!(%error, "re-embedding is interrupted; trying again");
                    self.state.end();
                    all = true;
                    tokio::time::sleep(RETRY).await;
                }
                Ok(never) => match never {},
            }
        }
    }

    /// Every face of the database that waits.
    async fn all(&self) -> Result<(), ServiceError> {
        let waiting = self.reembedder.waiting().await?;
        if waiting == 0 {
            return Ok(());
        }
        tracing::info!(
            faces = waiting,
            "faces of another model pack are being re-embedded; searches find those that are done"
        );
        self.state.failed.store(0, Ordering::Relaxed);
        self.state.begin(waiting);
        let begun = Instant::now();
        let reported = std::sync::Mutex::new(begun);
        let progress = |done| {
            self.state.done(done);
            let mut reported = reported
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if reported.elapsed() >= REPORT {
                *reported = Instant::now();
                tracing::info!(waiting = self.state.waiting(), "re-embedding");
            }
        };
        let total = self.reembedder.all(progress).await?;
        self.state.end();
        tracing::info!(
            added = total.added,
            failed = total.failed,
            seconds = begun.elapsed().as_secs(),
            "all faces are re-embedded"
        );
        Ok(())
    }

    /// What is enrolled from now on by nodes that have another pack.
    async fn follow(
        &self,
        revision: &mut Revision,
    ) -> Result<std::convert::Infallible, ServiceError> {
        let mut news = self.store.watch();
        loop {
            let changes = self.store.changes_since(*revision, CHANGES).await?;
            let Some(last) = changes.last() else {
                // Elapsing is as good as news; a closed database shows at the next question.
                drop(tokio::time::timeout(POLL, news.changed()).await);
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let faces: Vec<FaceId> = changes
                .iter()
                .filter_map(|change| match change.kind {
                    ChangeKind::FaceAdded { face, .. } => Some(face),
                    _ => None,
                })
                .collect();
            let done = self.reembedder.some(&faces).await?;
            self.state.done(done);
            *revision = last.revision;
        }
    }
}
