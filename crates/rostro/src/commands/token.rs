//! `rostro token`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use store::{Catalog, Client};

use super::{client, print};
use crate::server::open_store;
use service::{
    Config,
    auth::{Secrets, Tokens, find_or_create},
    config::MAX_TOKEN_LIFE,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Issue a token, and create the account when there is none of this name; prints the token alone
    Issue(Issue),
    /// Revoke all tokens of an account: at once, on every route
    RevokeAll(RevokeAll),
}

#[derive(Debug, Args)]
pub(super) struct RevokeAll {
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    client: String,
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
    match command {
        Command::Issue(one) => issue(settings, one).await,
        Command::RevokeAll(all) => revoke_all(settings, all).await,
    }
}

async fn revoke_all(settings: Config, all: RevokeAll) -> Result<()> {
    let store = open_store(&settings).await?;
    let client = client::find(&*store, &all.client).await?;
    let revoked = store.rotate_token_phrase(client.id).await;
    store.close().await;
    revoked.context("the tokens were not revoked")?;
    print(&format!("revoked all tokens of {}", client.name));
    Ok(())
}

async fn issue(settings: Config, issue: Issue) -> Result<()> {
    let name = issue.client.trim();
    ensure!(!name.is_empty(), "--client needs the account's name");
    let life = issue.expires.unwrap_or(settings.auth.token_life);
    ensure!(
        (Duration::from_secs(1)..=MAX_TOKEN_LIFE).contains(&life),
        "--expires must be from 1s to {}",
        humantime::format_duration(MAX_TOKEN_LIFE)
    );
    let secrets = Secrets::load(&settings.auth, &settings.server.data)?;
    let tokens = Tokens::new(&secrets, settings.auth.clock_skew);
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
    find_or_create(&**store, name)
        .await
        .context("the account could not be read or created")
}
