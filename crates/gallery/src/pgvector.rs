//! What this node does for searches in the database: makes the vectors of what was there before them, then chores.

use std::{sync::Arc, time::Duration};

use store::StoreError;
use tokio::time::sleep;

use crate::{Phase, Shared};

/// Persons whose vectors are made in one transaction.
const BATCH: u32 = 200;
/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_secs(1);
/// How often figures are read and partitions looked after.
const CHORES: Duration = Duration::from_secs(30);

/// Works until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>, partition_threshold: usize) {
    let mut healthy = true;
    while let Err(error) = fill(&shared).await {
        // Once per outage.
        if std::mem::take(&mut healthy) {
            tracing::warn!(%error, "the vectors in the database could not be completed; trying again");
        }
        sleep(RETRY).await;
    }
    // Neither returns by itself.
    tokio::join!(follow(&shared), look_after(&shared, partition_threshold));
}

/// Says which revision searches see: whatever this node has heard of is in the database.
async fn follow(shared: &Shared) {
    let mut news = shared.store.watch();
    loop {
        let revision = *news.borrow_and_update();
        shared.status.send_modify(|status| {
            if status.phase == Phase::Loading {
                status.phase = Phase::Following;
            }
            status.revision = status.revision.max(revision);
        });
        // The store is there as long as this is.
        let _ = news.changed().await;
    }
}

async fn look_after(shared: &Shared, partition_threshold: usize) {
    loop {
        chores(shared, partition_threshold).await;
        sleep(CHORES).await;
    }
}

/// Makes what vectors are missing. Searches wait for all of them: half of the faces would be a wrong answer.
async fn fill(shared: &Shared) -> Result<(), StoreError> {
    let model = shared.options.model;
    let counts = shared.store.count_faces().await?;
    let total = counts.iter().map(|(_, faces)| faces).sum();
    shared.status.send_modify(|status| status.total = total);
    loop {
        let done = shared.store.fill_vectors(model, BATCH).await?;
        shared
            .status
            .send_modify(|status| status.loaded = done.faces);
        if done.complete {
            let revision = shared.store.revision().await?;
            shared
                .status
                .send_modify(|status| status.revision = revision);
            tracing::info!(%revision, faces = done.faces, "the vectors in the database are complete");
            return Ok(());
        }
    }
}

async fn chores(shared: &Shared, partition_threshold: usize) {
    let model = shared.options.model;
    let threshold = partition_threshold as u64;
    loop {
        match shared.store.vector_stats(model).await {
            Ok(stats) => shared.status.send_modify(|status| {
                status.rows = stats.rows as usize;
                status.shelves = stats.scopes as usize;
                status.graphs = stats.partitions as usize;
            }),
            Err(error) => tracing::debug!(%error, "the vectors could not be counted"),
        }
        match shared.store.tend_vectors(model, threshold).await {
            Ok(true) => tracing::info!("a large collection has a partition of its own now"),
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the partitions of vectors could not be looked after; trying again later"
                );
                return;
            }
        }
    }
}
