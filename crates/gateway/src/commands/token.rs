//! `rostro token`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use store::{Catalog, Client, NewClient, StoreError};

use super::print;
use crate::{
    Config,
    auth::{SigningSecret, Tokens},
    config::MAX_TOKEN_LIFE,
    server::open_store,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Issue a token, and create the account when there is none of this name; prints the token alone
    Issue(Issue),
}

#[derive(Debug, Args)]
pub(super) struct Issue {
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    client: String,
    /// Life of the token, such as 12h, 30d or 1y [default: auth.token_life of the settings]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires: Option<Duration>,
}

/// Runs a command about tokens. Needs the database and the signing secret, no models.
pub(super) async fn run(settings: Config, command: Command) -> Result<()> {
    let Command::Issue(issue) = command;
    let name = issue.client.trim();
    ensure!(!name.is_empty(), "--client needs the account's name");
    let life = issue.expires.unwrap_or(settings.auth.token_life);
    ensure!(
        (Duration::from_secs(1)..=MAX_TOKEN_LIFE).contains(&life),
        "--expires must be from 1s to {}",
        humantime::format_duration(MAX_TOKEN_LIFE)
    );
    let tokens = Tokens::new(&SigningSecret::load(
        &settings.auth.secret,
        &settings.server.data,
    )?);
    let store = open_store(&settings).await?;
    let client = account(&store, name).await?;
    ensure!(!client.disabled, "the account {name:?} is disabled");
    let token = tokens.issue(&client, life)?;
    store.close().await;
    print(&token);
    Ok(())
}

/// The account of this name, created when there is none.
pub(super) async fn account(store: &Arc<dyn Catalog>, name: &str) -> Result<Client> {
    let find = async || {
        store
            .client_by_name(name)
            .await
            .context("the account could not be read")
    };
    if let Some(client) = find().await? {
        return Ok(client);
    }
    match store
        .create_client(NewClient {
            name: name.to_owned(),
            ..NewClient::default()
        })
        .await
    {
        // Another process was faster.
        Err(StoreError::ClientNameTaken) => {
            find().await?.context("the account was deleted meanwhile")
        }
        created => created.context("the account could not be created"),
    }
}
