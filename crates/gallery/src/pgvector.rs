//! Searches in the database, and what this node does for them: it makes the vectors of what was there before them, then chores.

use std::{sync::Arc, time::Duration};

use inference::Score;
use store::{StoreError, VectorQuery};
use tokio::time::sleep;

use crate::{Aim, Answer, Match, Mode, Phase, Request, Shared};

/// Persons whose vectors are made in one transaction.
const BATCH: u32 = 200;
/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_secs(1);
/// How often figures are read and partitions looked after.
const CHORES: Duration = Duration::from_secs(30);

/// Answers from the database.
pub(crate) async fn find(shared: &Shared, request: Request) -> Result<Answer, StoreError> {
    let (scale, min_score) = (Arc::clone(&shared.scale), request.min_score);
    let (max_fpir, slack) = (request.max_fpir, request.slack);
    let probes = request.probes.iter();
    let query = VectorQuery {
        client: request.client,
        collection: request.collection,
        model: shared.options.model,
        probes: probes.map(|probe| probe.as_slice().to_vec()).collect(),
        limit: request.limit,
        fast: request.mode == Mode::Fast,
        least: Arc::new(move |faces: u64| {
            let aim = Aim::new(&scale, faces as usize, min_score, max_fpir);
            scale.least_cosine(Score::new((aim.min_score - slack) as f32))
        }),
    };
    let answer = shared.store.search_vectors(query).await?;
    let faces = answer.faces as usize;
    let aim = Aim::new(&shared.scale, faces, request.min_score, request.max_fpir);
    let matches = answer.hits.into_iter().map(|hits| {
        let found = hits.into_iter().map(|hit| Match {
            person: hit.person,
            face: hit.face,
            score: shared.scale.score(hit.cosine),
        });
        request.cut(found.collect(), &aim)
    });
    Ok(Answer {
        matches: matches.collect(),
        aim,
        revision: answer.revision,
    })
}

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
