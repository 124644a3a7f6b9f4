//! `rostro key`.

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use store::{ApiKey, ApiKeyId, Catalog, NewApiKey};
use time::{OffsetDateTime, macros::format_description};

use super::{client, export::counter, print, table::table, token::account};
use crate::server::open_store;
use service::{
    Config,
    auth::{ApiKeyText, KeyHasher, Secrets},
    master_key::Source,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a key, and the account when there is none of this name; prints the key alone, this once
    Create(Create),
    /// List the keys of an account, or of all
    List(List),
    /// Revoke a key: at once, on every route
    Revoke(Revoke),
    /// Encryption at rest: wrap all data keys with a new master key; can be interrupted and run again
    #[command(long_about = ROTATE)]
    RotateMaster,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    client: String,
    /// What to call the key, to know it by later
    #[arg(long, value_name = "LABEL", default_value = "key")]
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Name of the account [default: all]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Id of the key, or its first characters, as `rostro key list` shows them
    key: String,
    /// Name of the account, when keys of several begin so
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

const ROTATE: &str = "\
Encryption at rest: wrap all data keys with a new master key; can be interrupted and run again.

Where the master key is in a file, a new one is put before the old one in it, and the old one is removed at the end; running servers read the
file again by themselves. Nodes with files of their own: put both lines, the new key first, into each file before, and remove the second line afterwards.
Where it comes from the environment or a command, have that give both keys, the new one first, then run this, then take the old one away.";

/// Runs a command about API keys. Needs the database and the signing secret, no models.
pub(super) async fn run(settings: Config, command: Command) -> Result<()> {
    let store = open_store(&settings).await?;
    let done = match command {
        Command::Create(new) => create(&settings, &store, new).await,
        Command::List(which) => list(&*store, which).await,
        Command::Revoke(which) => revoke(&*store, which).await,
        Command::RotateMaster => rotate_master(&settings, &*store).await,
    };
    store.close().await;
    print(&done?);
    Ok(())
}

async fn create(
    settings: &Config,
    store: &std::sync::Arc<dyn Catalog>,
    new: Create,
) -> Result<String> {
    let name = new.client.trim();
    ensure!(!name.is_empty(), "--client needs the account's name");
    let secrets = Secrets::load(&settings.auth, &settings.server.data)?;
    let client = account(store, name).await?;
    ensure!(!client.disabled, "the account {name:?} is disabled");
    let key = ApiKeyText::random().context("no key could be made")?;
    let new = NewApiKey {
        hash: KeyHasher::new(secrets.current()).hash(key.expose()),
        label: new.name.trim().to_owned(),
        prefix: key.prefix(),
    };
    store
        .create_api_key(client.id, new)
        .await
        .context("the key was not created")?;
    Ok(key.expose().to_owned())
}

async fn list(store: &dyn Catalog, which: List) -> Result<String> {
    let mut rows =
        vec![["KEY", "ID", "ACCOUNT", "NAME", "CREATED", "LAST USED"].map(str::to_owned)];
    rows.extend(
        keys(store, which.client.as_deref())
            .await?
            .into_iter()
            .map(|(account, key)| {
                [
                    format!("{}...", key.prefix),
                    key.id.to_string(),
                    account,
                    key.label,
                    key.created_at.date().to_string(),
                    key.last_used_at.map_or_else(|| "never".to_owned(), minute),
                ]
            }),
    );
    Ok(table(&rows))
}

async fn revoke(store: &dyn Catalog, which: Revoke) -> Result<String> {
    let wanted = which.key.trim().trim_end_matches("...");
    ensure!(!wanted.is_empty(), "a key's id is needed");
    let id = wanted.parse::<ApiKeyId>().ok();
    let mut found = keys(store, which.client.as_deref()).await?;
    found.retain(|(_, key)| id == Some(key.id) || key.prefix == wanted);
    let (account, key) = match &found[..] {
        [one] => one,
        [] => bail!("there is no key {wanted:?}; `rostro key list` shows all"),
        _ => bail!("several keys begin with {wanted:?}: give the id"),
    };
    let revoked = store.revoke_api_key(key.client, key.id).await;
    ensure!(
        revoked.context("the key was not revoked")?,
        "the key was revoked meanwhile"
    );
    Ok(format!("revoked {} of {account}", key.label))
}

async fn rotate_master(settings: &Config, store: &dyn Catalog) -> Result<String> {
    let source = Source::new(&settings.encryption, &settings.server.data);
    let rotation = match &source {
        Source::File(file) => {
            // May wait for another rotation.
            let begun = tokio::task::block_in_place(|| file.begin_rotation());
            Some(begun.map_err(anyhow::Error::msg)?)
        }
        Source::Given(_) | Source::Command(_) => None,
    };
    let bar = counter("data keys");
    let shown = bar.clone();
    let rotated = store
        .rotate_master(Box::new(move |keys| shown.set_position(keys)))
        .await;
    bar.finish_and_clear();
    let rotated = rotated.context("the rotation is interrupted; run it again to go on")?;
    let alone = match rotation {
        Some(rotation) => rotation.finish().map_err(anyhow::Error::msg)?,
        None => false,
    };
    Ok(format!(
        "{} data keys wrapped anew; all are wrapped with the master key {} now{}",
        rotated.keys,
        rotated.master,
        if alone {
            ""
        } else {
            ": earlier keys can be destroyed"
        }
    ))
}

/// The keys of one account, or of all, each with its account's name.
async fn keys(store: &dyn Catalog, account: Option<&str>) -> Result<Vec<(String, ApiKey)>> {
    let clients = match account {
        Some(name) => vec![client::find(store, name).await?],
        None => store
            .clients()
            .await
            .context("the accounts could not be read")?,
    };
    let mut all = Vec::new();
    for client in clients {
        let keys = store.api_keys(client.id).await;
        let keys = keys.context("the keys could not be read")?;
        all.extend(keys.into_iter().map(|key| (client.name.clone(), key)));
    }
    Ok(all)
}

/// `2024-01-06 15:44`, UTC.
fn minute(at: OffsetDateTime) -> String {
    // The format names nothing that a moment lacks.
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute]"))
        .unwrap_or_default()
}
