//! `rostro audit`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use store::{AuditCheck, AuditRow, Catalog, ClientId, check_audit};
use time::format_description::well_known::Rfc3339;

use super::{client, print};
use crate::server::open_store;
use service::{Config, auth::Secrets, seal_keys};

/// Records read at a time.
const PAGE: u32 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check that no record was changed, added or taken out; fails when one was
    Verify(Verify),
    /// Write the records as lines of JSON, oldest first
    Export(Export),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// An end that an earlier `verify` printed: the chain must still hold it, so that nothing up to it was cut off
    #[arg(long, value_name = "NUMBER:HASH")]
    expect: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// File to write, which must not be there yet [default: standard output]
    file: Option<PathBuf>,
    /// Name of one account [default: all]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

/// Runs a command about the audit. Needs the database, and to verify, the signing secret.
pub(super) async fn run(settings: Config, command: Command) -> Result<()> {
    let store = open_store(&settings).await?;
    let done = match command {
        Command::Verify(how) => verify(&settings, &*store, how).await,
        Command::Export(what) => export(&*store, what).await,
    };
    store.close().await;
    done
}

async fn verify(settings: &Config, store: &dyn Catalog, how: Verify) -> Result<()> {
    let secrets = Secrets::load(&settings.auth, &settings.server.data)?;
    let check = check_audit(store, &seal_keys(&secrets)).await?;
    if let Some(fault) = check.fault {
        anyhow::bail!("the audit is not what the server wrote: {fault}");
    }
    if let Some(expected) = &how.expect {
        let found = holds(store, &check, expected).await?;
        ensure!(
            found,
            "the audit does not hold {expected}: its end was cut off, or that record is older than retention.audit"
        );
    }
    print(&told(&check));
    Ok(())
}

fn told(check: &AuditCheck) -> String {
    let ends = &check.ends;
    let mut text = format!(
        "{} records, numbers {} to {}: whole\n",
        check.records,
        ends.pruned.seq + 1,
        ends.last.seq
    );
    if check.other_keys > 0 {
        text += &format!(
            "{} of them are sealed with a signing secret that is not known any more: made before it was taken away, or by somebody else\n",
            check.other_keys
        );
    }
    text + &format!("end: {}\n", ends.last)
}

/// Whether the chain holds the place `NUMBER:HASH`.
async fn holds(store: &dyn Catalog, check: &AuditCheck, expected: &str) -> Result<bool> {
    let number = expected
        .split_once(':')
        .and_then(|(number, _)| number.parse::<i64>().ok());
    let number = number
        .context("--expect takes what `rostro audit verify` prints as the end: NUMBER:HASH")?;
    let ends = [check.ends.pruned, check.ends.last];
    if ends.iter().any(|end| end.to_string() == expected) {
        return Ok(true);
    }
    let rows = store.audit_after(number - 1, 1).await?;
    Ok(rows
        .first()
        .is_some_and(|row| row.point().to_string() == expected))
}

async fn export(store: &dyn Catalog, what: Export) -> Result<()> {
    let client = match &what.client {
        Some(name) => Some(client::find(store, name).await?.id),
        None => None,
    };
    match &what.file {
        None => write(store, client, &mut std::io::stdout().lock()).await,
        Some(path) => {
            let file = File::create_new(path)
                .with_context(|| format!("{} cannot be created", path.display()))?;
            write(store, client, &mut BufWriter::new(file)).await
        }
    }
}

async fn write(store: &dyn Catalog, client: Option<ClientId>, to: &mut impl Write) -> Result<()> {
    let mut seq = store.audit_ends().await?.pruned.seq;
    loop {
        let rows = store.audit_after(seq, PAGE).await?;
        let Some(last) = rows.last() else {
            return to.flush().context("the records cannot be written");
        };
        seq = last.seq;
        let wanted = |row: &&AuditRow| client.is_none_or(|client| row.record.client == client);
        for row in rows.iter().filter(wanted) {
            match writeln!(to, "{}", line(row)?) {
                // A reader that has seen enough (`| head`) is no fault.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                done => done.context("the records cannot be written")?,
            }
        }
    }
}

fn line(row: &AuditRow) -> Result<serde_json::Value> {
    let record = &row.record;
    Ok(json!({
        "number": row.seq,
        "at": record.created_at.format(&Rfc3339)?,
        "id": record.id.to_string(),
        "account": record.client.to_string(),
        "credential": record.credential,
        "address": record.address,
        "operation": record.kind,
        "persons": record.persons.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "model": record.model,
        "details": record.details,
        "request_id": record.request_id,
        "hash": row.hash.to_hex(),
    }))
}
