//! `rostro export`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{client, note, print};
use crate::{
    server::open_store,
    transfer::archive::{self, ArchiveKey, Protection},
};
use service::Config;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    client: String,
    /// Encrypt all of it under what is in this file (a passphrase, or random characters): for another installation, which needs the same file
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Do not encrypt it
    #[arg(long, conflicts_with = "key_file")]
    clear: bool,
}

impl Export {
    /// How the file is protected. Without an option by the data keys, if there are any.
    fn protection(&self, encrypted: bool) -> Result<Protection> {
        Ok(match &self.key_file {
            Some(path) => Protection::Key(read_key(path)?),
            None if self.clear || !encrypted => Protection::Clear,
            None => Protection::Installation,
        })
    }
}

/// The key in a key file.
pub(super) fn read_key(path: &Path) -> Result<ArchiveKey> {
    ArchiveKey::read(path)
        .with_context(|| format!("the key file {} cannot be used", path.display()))
}

/// Writes the archive. Needs the database, no models.
pub(super) async fn run(settings: Config, export: Export) -> Result<()> {
    let store = open_store(&settings).await?;
    let protection = export.protection(store.is_encrypted())?;
    if matches!(protection, Protection::Installation) {
        ensure!(
            store.count_clear().await? == 0,
            "the database is still being encrypted: export when that is done, or with --key-file"
        );
    }
    let client = client::find(&*store, &export.client).await?;
    let bar = counter("persons");
    let shown = bar.clone();
    let progress = move |persons| shown.set_position(persons);
    let written = archive::export(&*store, &client, &export.file, &protection, progress).await;
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
    if matches!(protection, Protection::Installation) {
        note("only this installation can read the file: use --key-file for another one");
    }
    Ok(())
}

/// A count whose end is not known. Shown on a terminal only.
pub(super) fn counter(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {elapsed}");
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
