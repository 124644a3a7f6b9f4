//! `rostro secret`.

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};

use super::{print, table::table};
use service::{Config, auth::Secrets};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the secrets that are good: the one that signs, and earlier ones
    List,
    /// Make a new signing secret in the data folder; what earlier ones signed stays good. Then restart the server
    Rotate,
    /// Delete an earlier secret from the data folder: its tokens die with the next restart
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Id of the secret (the `kid` of its tokens), as `rostro secret list` shows it
    id: String,
}

/// Runs a command about the secrets that sign tokens. Needs neither database nor models.
pub(super) fn run(settings: &Config, command: Command) -> Result<()> {
    match command {
        Command::List => list(settings),
        Command::Rotate => rotate(settings),
        Command::Remove(which) => remove(settings, &which.id),
    }
}

fn list(settings: &Config) -> Result<()> {
    let mut rows = vec![["ID", "SIGNS", "FROM"].map(str::to_owned)];
    let from_settings = !settings.auth.secret.is_empty();
    for secret in secrets(settings)?.list() {
        let from = match secret.file {
            Some(file) => file.display().to_string(),
            None if secret.signs && !from_settings => "the data folder".to_owned(),
            None => "the settings".to_owned(),
        };
        let signs = if secret.signs { "yes" } else { "no" };
        rows.push([secret.id, signs.to_owned(), from]);
    }
    print(&table(&rows));
    Ok(())
}

fn rotate(settings: &Config) -> Result<()> {
    ensure!(
        settings.auth.secret.is_empty(),
        "auth.secret names the signing secret: put a new one there, and the old one into auth.previous_secrets"
    );
    Secrets::rotate(&settings.server.data)?;
    let id = secrets(settings)?.current().id();
    print(&format!("{id} signs from the next start of the server on"));
    Ok(())
}

fn remove(settings: &Config, id: &str) -> Result<()> {
    let known = secrets(settings)?.list();
    let secret = known
        .into_iter()
        .find(|secret| secret.id == id.trim())
        .with_context(|| format!("there is no secret {id:?}; `rostro secret list` shows all"))?;
    ensure!(!secret.signs, "{} signs: rotate first", secret.id);
    let file = secret.file.with_context(|| {
        format!(
            "{} is one of auth.previous_secrets: take it out there",
            secret.id
        )
    })?;
    Secrets::remove(&file)?;
    print(&format!(
        "{} is gone: its tokens die with the next start of the server",
        secret.id
    ));
    Ok(())
}

fn secrets(settings: &Config) -> Result<Secrets> {
    Ok(Secrets::load(&settings.auth, &settings.server.data)?)
}
