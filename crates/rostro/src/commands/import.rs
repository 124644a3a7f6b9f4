//! `rostro import`.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::Serialize;
use store::ClientUpdate;

use super::{
    bar, client,
    export::{counter, read_key},
    note, print,
    table::table,
    token,
};
use crate::{
    server::{open_store, start_engine},
    transfer::{
        archive::{self, Archive},
        folder::{self, Source},
    },
};
use service::Config;

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct Import {
    /// A folder, a CSV file (*.csv), or a file that `rostro export` wrote
    path: PathBuf,
    /// Name of the account; an archive creates it when there is none
    #[arg(long, value_name = "NAME")]
    client: String,
    /// Collection to enrol into, by name, code or id; one of a new name is created
    #[arg(long, value_name = "NAME|CODE")]
    collection: Option<String>,
    /// Pictures enrolled per person; the rest is reported as left out
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pictures: u16,
    /// The key file with which an archive was exported
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File for the report as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

const AFTER: &str = "\
A folder has one sub-folder per person, named as the person, with the pictures in it.
A CSV file has a line per person, after a header: name, date_of_birth (YYYY-MM-DD, may be empty), and the paths of the
pictures (relative to the file) in as many further columns as needed.
Importing again changes nothing, and goes on where an interrupted import ended.";

/// Imports. A folder needs the models, an archive only the database.
pub(super) async fn run(settings: Config, import: Import) -> Result<()> {
    let is_csv = import
        .path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    if import.path.is_dir() {
        pictures(settings, &import, Source::folder(&import.path)?).await
    } else if is_csv {
        pictures(settings, &import, Source::csv(&import.path)?).await
    } else {
        restore(settings, &import).await
    }
}

async fn restore(settings: Config, import: &Import) -> Result<()> {
    ensure!(
        import.collection.is_none(),
        "an archive brings its own collections: leave out --collection"
    );
    let path = import.path.clone();
    let key = import.key_file.as_deref().map(read_key).transpose()?;
    let archive = tokio::task::spawn_blocking(move || Archive::open(&path, key))
        .await?
        .with_context(|| format!("{} was not imported", import.path.display()))?;
    let store = open_store(&settings).await?;
    let is_new = store.client_by_name(import.client.trim()).await?.is_none();
    let client = token::account(&store, import.client.trim()).await?;
    if is_new {
        let update = ClientUpdate {
            settings: archive.head.settings.as_object().cloned(),
            ..ClientUpdate::default()
        };
        store.update_client(client.id, update).await?;
    }
    let bar = counter("records");
    let imported = archive::import(&store, client.id, archive, |records| {
        bar.set_position(records)
    })
    .await;
    bar.finish_and_clear();
    store.close().await;
    let report = imported?;
    save(import, &report)?;
    let refused = report
        .refused
        .iter()
        .map(|one| [one.kind.to_owned(), one.id.clone(), one.reason.clone()]);
    show(["KIND", "ID", "REASON"], refused);
    print(&format!(
        "{} created, {} there before, {} refused",
        report.created,
        report.existed,
        report.refused.len()
    ));
    if report.erased > 0 {
        note(&format!(
            "{} persons of the archive were deleted since, and their keys destroyed",
            report.erased
        ));
    }
    ensure!(report.refused.is_empty(), "some records were refused");
    Ok(())
}

async fn pictures(mut settings: Config, import: &Import, source: Source) -> Result<()> {
    let store = open_store(&settings).await?;
    let account = client::find(&*store, &import.client).await?;
    ensure!(
        !account.disabled,
        "the account {} is disabled",
        account.name
    );
    // All cores, whatever the server takes.
    (settings.inference.workers, settings.inference.queue) = (0, 0);
    let engine = start_engine(&settings).await?;
    let collection = match &import.collection {
        Some(name) => Some(folder::collection(&*store, account.id, name).await?),
        None => None,
    };
    let bar = bar(source.people.len() as u64, "persons");
    let job = folder::Job {
        store: Arc::clone(&store),
        engine,
        client: account.id,
        collection,
        pictures: usize::from(import.pictures),
        limits: settings.images.limits(),
        rules: settings.faces.rules().strict(),
        keep_crop: settings.faces.keep_crop,
    };
    let imported = folder::import(job, source, |_| bar.inc(1)).await;
    bar.finish_and_clear();
    store.close().await;
    let report = imported?;
    save(import, &report)?;
    let refused = report.refused.iter().map(|one| {
        let picture = one.picture.clone().unwrap_or_else(|| "-".to_owned());
        [one.person.clone(), picture, one.reason.clone()]
    });
    show(["PERSON", "PICTURE", "REASON"], refused);
    print(&format!(
        "{} persons enrolled, {} extended, {} there before, {} without a usable picture; {} pictures refused or left out",
        report.enrolled,
        report.extended,
        report.existed,
        report.without_picture,
        report.refused.len()
    ));
    Ok(())
}

fn save(import: &Import, report: &impl Serialize) -> Result<()> {
    let Some(path) = &import.report else {
        return Ok(());
    };
    let text = serde_json::to_vec_pretty(report)?;
    std::fs::write(path, text)
        .with_context(|| format!("the report {} was not written", path.display()))
}

fn show(heading: [&str; 3], refused: impl ExactSizeIterator<Item = [String; 3]>) {
    if refused.len() > 0 {
        let rows: Vec<[String; 3]> = std::iter::once(heading.map(str::to_owned))
            .chain(refused)
            .collect();
        print(&table(&rows));
    }
}
