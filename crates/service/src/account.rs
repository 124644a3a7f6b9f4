//! The account itself: its tokens and its data.

use std::time::Duration;

use serde_json::{Map, Value};
use store::{Client, ClientUpdate, StoreError};

use super::LoginAddress;
use crate::{App, auth::AuthError, messages::PhoneNumber};

/// The settings of an account that its owner may read and write.
pub const PROFILE: [&str; 5] = ["displayName", "company", "address", "countryCode", "avatar"];

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    InvalidEmail,
    /// Not a phone number.
    #[error("not a phone number")]
    InvalidPhone,
    /// Another account logs in with this address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// No token could be issued.
    #[error(transparent)]
    Token(#[from] AuthError),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::ClientEmailTaken => Self::EmailTaken,
            other => Self::Store(other),
        }
    }
}

/// What an owner may change; `None` leaves a field as it is, an empty text empties it.
#[derive(Clone, Default)]
pub struct Profile {
    /// The account's name for people. The name that the operator knows it by stays.
    pub name: Option<String>,
    /// Any text.
    pub company: Option<String>,
    /// Any text.
    pub address: Option<String>,
    /// Where login codes are sent.
    pub email: Option<String>,
    /// Where login codes are sent, without the country code.
    pub phone: Option<String>,
    /// `+57`
    pub country_code: Option<String>,
    /// Address of a picture.
    pub avatar: Option<String>,
}

/// A new token for the account. The caller's own stays good.
///
/// # Errors
/// Not seen in practice.
pub fn renew(app: &App, client: &Client, life: Option<Duration>) -> Result<String, AccountError> {
    let life = life.unwrap_or(app.config.auth.token_life);
    Ok(app.tokens.issue(client, life)?)
}

/// A new token for the account; every earlier one is dead, on every node, when this returns.
///
/// # Errors
/// The database.
pub async fn renew_and_revoke(app: &App, client: &Client) -> Result<String, AccountError> {
    let client = app.store.rotate_token_phrase(client.id).await?;
    app.accounts.note(&client);
    renew(app, &client, None)
}

/// Changes the account's data.
///
/// # Errors
/// `InvalidEmail`, `InvalidPhone`, `EmailTaken`, or the database.
pub async fn update_profile(
    app: &App,
    client: &Client,
    profile: Profile,
) -> Result<Client, AccountError> {
    let mut settings = Map::new();
    let mut set = |key: &str, text: Option<String>| {
        if let Some(text) = text {
            settings.insert(key.to_owned(), or_null(text));
        }
    };
    let phone = phone(client, profile.phone, profile.country_code)?;
    set("displayName", profile.name);
    set("company", profile.company);
    set("address", profile.address);
    set("avatar", profile.avatar);
    set(
        "countryCode",
        phone.as_ref().map(|(country, _)| country.clone()),
    );
    let update = ClientUpdate {
        name: None,
        email: profile.email.map(email).transpose()?,
        phone: phone.map(|(_, number)| number),
        settings: Some(settings),
    };
    let client = app.store.update_client(client.id, update).await?;
    app.accounts.note(&client);
    Ok(client)
}

fn or_null(text: String) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::String(text)
    }
}

fn email(text: String) -> Result<Option<String>, AccountError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    LoginAddress::email(&text).map_err(|_| AccountError::InvalidEmail)?;
    Ok(Some(text))
}

/// The country code and number to keep, when one of them is given; the other is the one that the account has. An empty
/// number takes both away.
fn phone(
    client: &Client,
    number: Option<String>,
    country: Option<String>,
) -> Result<Option<(String, Option<String>)>, AccountError> {
    if number.is_none() && country.is_none() {
        return Ok(None);
    }
    let known = client.settings["countryCode"].as_str().unwrap_or_default();
    let country = country.unwrap_or_else(|| known.to_owned());
    let number = number.or_else(|| client.phone.clone()).unwrap_or_default();
    if number.is_empty() {
        return Ok(Some((country, None)));
    }
    let phone = PhoneNumber::parse(&country, &number).ok_or(AccountError::InvalidPhone)?;
    Ok(Some((
        phone.country_code(),
        Some(phone.number().to_owned()),
    )))
}
