//! `rostro client`.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use store::{Catalog, Client, ClientUpdate, NewClient};

use super::{print, table::table};
use crate::server::open_store;
use service::{Config, LoginAddress, messages::PhoneNumber};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an account
    Add(Add),
    /// List all accounts
    List,
    /// Shut an account out: at once, on every route, with every token
    Disable(Name),
    /// Let a disabled account in again, with the tokens that it had
    Enable(Name),
}

#[derive(Debug, Args)]
pub(super) struct Name {
    /// Name of the account
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Name of the account
    name: String,
    /// E-mail address for login codes
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Phone number for login codes, without the country code
    #[arg(long, value_name = "NUMBER", requires = "country_code")]
    phone: Option<String>,
    /// Country code of the phone number, such as +57
    #[arg(long, value_name = "CODE", requires = "phone")]
    country_code: Option<String>,
}

/// Runs a command about accounts. Needs the database, no models.
pub(super) async fn run(settings: Config, command: Command) -> Result<()> {
    let store = open_store(&settings).await?;
    let done = match command {
        Command::Add(add) => create(&*store, add).await,
        Command::List => list(&*store).await,
        Command::Disable(name) => set_disabled(&*store, name.name.trim(), true).await,
        Command::Enable(name) => set_disabled(&*store, name.name.trim(), false).await,
    };
    store.close().await;
    print(&done?);
    Ok(())
}

/// The account of this name.
pub(super) async fn find(store: &dyn Catalog, name: &str) -> Result<Client> {
    let name = name.trim();
    let found = store
        .client_by_name(name)
        .await
        .context("the account could not be read")?;
    found.with_context(|| format!("there is no account {name:?}; `rostro client list` shows all"))
}

async fn create(store: &dyn Catalog, add: Add) -> Result<String> {
    let name = add.name.trim();
    anyhow::ensure!(!name.is_empty(), "an account needs a name");
    if let Some(email) = &add.email {
        LoginAddress::email(email).context("--email")?;
    }
    let phone = match (&add.country_code, &add.phone) {
        (Some(country), Some(number)) => Some(
            PhoneNumber::parse(country, number)
                .context("--country-code and --phone are not a phone number")?,
        ),
        _ => None,
    };
    let new = NewClient {
        name: name.to_owned(),
        email: add.email,
        phone: phone.as_ref().map(|phone| phone.number().to_owned()),
    };
    let client = store
        .create_client(new)
        .await
        .context("the account was not created")?;
    if let Some(phone) = phone {
        let country = Value::String(phone.country_code());
        let update = ClientUpdate {
            settings: Some(Map::from_iter([("countryCode".to_owned(), country)])),
            ..ClientUpdate::default()
        };
        store
            .update_client(client.id, update)
            .await
            .context("the account was created, but without its country code")?;
    }
    Ok(format!("created {name} ({})", client.id))
}

async fn list(store: &dyn Catalog) -> Result<String> {
    let clients = store
        .clients()
        .await
        .context("the accounts could not be read")?;
    let mut rows = vec![["NAME", "ID", "STATE", "E-MAIL", "CREATED"].map(str::to_owned)];
    rows.extend(clients.into_iter().map(|client| {
        let state = if client.disabled {
            "disabled"
        } else {
            "active"
        };
        [
            client.name,
            client.id.to_string(),
            state.to_owned(),
            client.email.unwrap_or_else(|| "-".to_owned()),
            client.created_at.date().to_string(),
        ]
    }));
    Ok(table(&rows))
}

async fn set_disabled(store: &dyn Catalog, name: &str, disabled: bool) -> Result<String> {
    let client = find(store, name).await?;
    store
        .set_client_disabled(client.id, disabled)
        .await
        .context("the account was not changed")?;
    let word = if disabled { "disabled" } else { "enabled" };
    Ok(format!("{word} {}", client.name))
}
