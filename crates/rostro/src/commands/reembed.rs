//! `rostro reembed`.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use indicatif::ProgressBar;

use super::{bar, print};
use crate::server::{open_store, start_engine};
use service::{Config, Reembedder, observe::log};

/// Jobs in work per worker of the engine: one is computed while another is read or written.
const AHEAD: usize = 2;

/// Makes all templates that the pack of the settings lacks, on all cores.
pub(super) async fn run(mut settings: Config) -> Result<()> {
    log::start(&settings.log);
    (settings.inference.workers, settings.inference.queue) = (0, 0);
    let store = open_store(&settings).await?;
    let engine = start_engine(&settings).await?;
    let pack = engine.info().pack.clone();
    let at_once = engine.info().workers * AHEAD;
    let reembedder = Reembedder::new(
        Arc::clone(&store),
        engine,
        settings.images.limits(),
        at_once,
    )
    .context("the embedding model has no identity")?;
    let done = all(&reembedder).await;
    store.close().await;
    let done = done?;
    print(&format!(
        "{} faces re-embedded for the pack {pack}, {} done by another process meanwhile or gone, {} not possible",
        done.added, done.left, done.failed
    ));
    ensure!(
        done.failed == 0,
        "some faces have no usable picture: searches with the pack {pack} do not find them"
    );
    Ok(())
}

async fn all(reembedder: &Reembedder) -> Result<service::Reembedded> {
    let bar: ProgressBar = bar(reembedder.waiting().await?, "faces");
    let done = reembedder.all(|done| bar.inc(done.faces())).await;
    bar.finish_and_clear();
    done.context("the re-embedding is interrupted; run it again to go on")
}
