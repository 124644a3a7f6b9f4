//! Encrypting in the background what was stored before there was encryption, and destroying keys that could not be destroyed at once.

use std::time::{Duration, Instant};

use store::{Catalog, StoreError};

/// Persons that are sealed in one transaction: writers of SQLite wait for it.
const BATCH: u32 = 64;
/// Between two batches: requests go first.
const PAUSE: Duration = Duration::from_millis(20);
/// Between two lines in the log.
const REPORT: Duration = Duration::from_secs(10);
/// After the database failed, and between two looks for keys to destroy.
const LOOK: Duration = Duration::from_secs(60);

/// Does it until the task is aborted. Every node may: whoever comes second finds nothing to do.
pub(super) async fn run(store: &dyn Catalog) {
    if !store.is_encrypted() {
        return;
    }
    while let Err(error) = seal_all(store).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "encrypting what is in the clear is interrupted; trying again"
        );
        tokio::time::sleep(LOOK).await;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        match store.destroy_pending().await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "data keys of deleted persons were destroyed"),
            Err(error) => {
                tracing::warn!(%error, "data keys of deleted persons are not destroyed yet")
            }
        }
    }
}

async fn seal_all(store: &dyn Catalog) -> Result<(), StoreError> {
    let all = store.count_clear().await?;
    if all > 0 {
        tracing::info!(
            persons = all,
            "persons that are stored in the clear are being encrypted"
        );
        let (mut done, mut reported) = (0, Instant::now());
        loop {
            match store.seal_some(BATCH).await? {
                0 => break,
                some => done += some,
            }
            if reported.elapsed() >= REPORT {
                reported = Instant::now();
                tracing::info!(done, all, "encrypting");
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::info!(persons = done, "all persons are encrypted");
    }
    if store.wipe_clear().await? {
        match store.kind() {
            store::DatabaseKind::Sqlite => tracing::info!(
                "the database file was written anew: nothing in the clear is left in it"
            ),
            store::DatabaseKind::Postgres => tracing::warn!(
                "Postgres keeps old copies of rows until it reuses their space: run VACUUM FULL on persons, faces, face_images and \
                 further_templates once, and make new backups"
            ),
        }
    }
    Ok(())
}
