//! `rostro export`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{client, print};
use crate::{Config, server::open_store, transfer::archive};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    client: String,
}

/// Writes the archive. Needs the database, no models.
pub(super) async fn run(settings: Config, export: Export) -> Result<()> {
    let store = open_store(&settings).await?;
    let client = client::find(&*store, &export.client).await?;
    let bar = counter("persons");
    let shown = bar.clone();
    let progress = move |persons| shown.set_position(persons);
    let written = archive::export(&*store, &client, &export.file, progress).await;
    bar.finish_and_clear();
    store.close().await;
    let contents = written?;
    print(&format!(
        "{}: {} collections, {} persons, {} faces",
        export.file.display(),
        contents.collections,
        contents.persons,
        contents.faces
    ));
    Ok(())
}

/// A count whose end is not known. Shown on a terminal only.
pub(super) fn counter(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {elapsed}");
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
