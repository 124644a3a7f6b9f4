//! Chores beside the requests.

use std::time::Duration;

use store::{Catalog, StoreError};

use crate::{AppState, observe::Metrics};

/// How often the metrics' histograms are emptied.
const HISTOGRAMS: Duration = Duration::from_secs(5);

/// How often at least changes are looked for that need not be kept any more.
const CHANGES: Duration = Duration::from_secs(600);

/// Changes deleted at a time: writers of SQLite wait for it.
const BATCH: u32 = 2000;

/// Does them until the task is aborted.
pub(super) async fn run(app: AppState, metrics: Metrics) {
    let keep = app.config.database.keep_changes;
    tokio::join!(histograms(&metrics), changes(&*app.store, keep));
}

async fn histograms(metrics: &Metrics) {
    loop {
        tokio::time::sleep(HISTOGRAMS).await;
        metrics.upkeep();
    }
}

/// Every node does this: whoever comes second finds nothing to do.
async fn changes(store: &dyn Catalog, keep: Duration) {
    loop {
        tokio::time::sleep(keep.min(CHANGES)).await;
        match forget(store, keep).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "old changes were deleted"),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old changes could not be deleted; trying again later"
            ),
        }
    }
}

/// Deletes all changes older than `keep`; how many.
async fn forget(store: &dyn Catalog, keep: Duration) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        match store.prune_changes(keep, BATCH).await? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}
