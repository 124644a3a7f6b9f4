//! `rostro receipt`.

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use super::{print, table::table};
use crate::server::open_store;
use service::{Config, Receipt};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check that this installation signed a receipt, and print what it says
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The value of the header x-rostro-deletion-receipt
    receipt: String,
}

/// Runs a command about deletion receipts. Needs the database and its keys, no models.
pub(super) async fn run(settings: Config, command: Command) -> Result<()> {
    let Command::Verify(wanted) = command;
    let store = open_store(&settings).await?;
    let receipt = Receipt::verify(&wanted.receipt, &*store);
    let there = match &receipt {
        Some(receipt) => is_there(&*store, receipt).await,
        None => Ok(false),
    };
    store.close().await;
    let Some(receipt) = receipt else {
        anyhow::bail!("this is no receipt of this installation, or it was changed");
    };
    ensure!(
        !there?,
        "the receipt is genuine, and yet the person is stored: enrolled again under the same id"
    );
    let at = time::OffsetDateTime::from_unix_timestamp(receipt.iat)?;
    let row = |name: &str, value: String| [name.to_owned(), value];
    print(&table(&[
        row("PERSON", receipt.person),
        row("ACCOUNT", receipt.account),
        row("DELETED", at.to_string()),
        row("REQUEST", receipt.request),
        row("KEY", receipt.key),
    ]));
    Ok(())
}

async fn is_there(store: &dyn store::Catalog, receipt: &Receipt) -> Result<bool> {
    let person = store.person(receipt.account.parse()?, receipt.person.parse()?);
    Ok(person.await?.is_some())
}
