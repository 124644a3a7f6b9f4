//! Chores beside the requests.

use std::time::Duration;

use store::{Catalog, StoreError};

use super::sealing;
use service::{AppState, ServiceError, observe::Metrics, purge_expired};

/// How often the metrics' histograms are emptied.
const HISTOGRAMS: Duration = Duration::from_secs(5);

/// How often what was remembered of pictures for long enough is forgotten.
const FORGETTING: Duration = Duration::from_secs(1);

/// How often at least what need not be kept any more is looked for.
const PRUNING: Duration = Duration::from_secs(600);

/// Rows deleted at a time: writers of SQLite wait for it.
const BATCH: u32 = 2000;

/// Does them until the task is aborted.
pub(super) async fn run(app: AppState, metrics: Metrics) {
    let (store, config) = (&*app.store, &app.config);
    tokio::join!(
        histograms(&metrics),
        forgetting(&app),
        prune(
            Log::Changes,
            "old changes",
            store,
            Some(config.database.keep_changes)
        ),
        prune(
            Log::Audit,
            "old audit records",
            store,
            config.retention.audit()
        ),
        persons(&app, config.retention.persons()),
        sealing::run(store),
    );
}

async fn histograms(metrics: &Metrics) {
    loop {
        tokio::time::sleep(HISTOGRAMS).await;
        metrics.upkeep();
    }
}

async fn forgetting(app: &AppState) {
    loop {
        tokio::time::sleep(FORGETTING).await;
        app.engine.forget();
    }
}

/// What grows with time.
#[derive(Clone, Copy)]
enum Log {
    Changes,
    Audit,
}

impl Log {
    async fn prune(self, store: &dyn Catalog, keep: Duration) -> Result<u64, StoreError> {
        match self {
            Self::Changes => store.prune_changes(keep, BATCH).await,
            Self::Audit => store.prune_audit(keep, BATCH).await,
        }
    }

    /// All that are older than `keep`; how many.
    async fn prune_all(self, store: &dyn Catalog, keep: Duration) -> Result<u64, ServiceError> {
        let mut all = 0;
        loop {
            match self.prune(store, keep).await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }
}

/// Every node does this: whoever comes second finds nothing to do.
async fn prune(log: Log, what: &'static str, store: &dyn Catalog, keep: Option<Duration>) {
    let Some(keep) = keep else { return };
    loop {
        tokio::time::sleep(keep.min(PRUNING)).await;
        told(what, log.prune_all(store, keep).await);
    }
}

async fn persons(app: &AppState, keep: Option<Duration>) {
    let Some(keep) = keep else { return };
    loop {
        tokio::time::sleep(keep.min(PRUNING)).await;
        told("persons whose time is over", purge_expired(app, keep).await);
    }
}

fn told(what: &'static str, done: Result<u64, ServiceError>) {
    match done {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "{what} were deleted"),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "{what} could not be deleted; trying again later"
        ),
    }
}
