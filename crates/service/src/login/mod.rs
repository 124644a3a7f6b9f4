//! Login by one-time code: asking for a code, and confirming it.
//!
//! Neither answers nor their timing tell whether an address belongs to an account: asking does all that depends on it in
//! the background, and a refused confirmation never comes earlier than [`REFUSAL_TIME`].

mod address;

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use parking_lot::Mutex;
use store::{Client, ClientId, CodeCheck, LoginChannel, StoreError};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

pub use address::LoginAddress;

use crate::{
    App, AppState, Config,
    auth::{AuthError, CodeKey, LoginCode, SigningSecret},
    limits::Limiter,
    messages::{Mailer, SendError, SmsHook},
};

/// Wrong tries after which a code is dead.
const MAX_TRIES: u32 = 5;

/// The least time a refused confirmation takes: longer than the database needs, whatever it has to do.
const REFUSAL_TIME: Duration = Duration::from_millis(100);

/// Codes that may be on their way at a time.
const SLOTS: u32 = 64;

/// The window of `login.codes_per_hour`.
const HOUR: Duration = Duration::from_secs(3600);

/// Why there is no login.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    InvalidEmail,
    /// Not a phone number.
    #[error("not a phone number")]
    InvalidPhone,
    /// The settings name no way to send codes on this channel.
    #[error("the settings name no way to send codes by {0:?}")]
    NotConfigured(LoginChannel),
    /// The address asked for too many codes.
    #[error("too many codes for this address")]
    TooManyCodes,
    /// Wrong, used, too old, tried too often, never sent, or of no account: nobody is told which.
    #[error("the code is not right")]
    InvalidCode,
    /// Too many codes are on their way.
    #[error("too many codes are on their way")]
    Busy,
    /// No token could be issued.
    #[error(transparent)]
    Token(#[from] AuthError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a code did not go out; for the log.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// What login by code needs; lives as long as the server.
pub struct Login {
    key: CodeKey,
    mail: Option<Mailer>,
    sms: Option<SmsHook>,
    life: Duration,
    addresses: Mutex<Limiter<LoginAddress>>,
    accounts: Mutex<Limiter<ClientId>>,
    slots: Arc<Semaphore>,
}

impl Login {
    /// Login by the ways that the settings name.
    ///
    /// # Errors
    /// A way cannot be used as it is set.
    pub fn new(config: &Config, secret: &SigningSecret) -> Result<Self> {
        let limit = config.login.codes_per_hour;
        Ok(Self {
            key: CodeKey::new(secret),
            mail: Mailer::new(&config.mail)?,
            sms: SmsHook::new(&config.sms)?,
            life: config.login.code_life,
            addresses: Mutex::new(Limiter::new(limit, HOUR)),
            accounts: Mutex::new(Limiter::new(limit, HOUR)),
            slots: Arc::new(Semaphore::new(SLOTS as usize)),
        })
    }

    /// Waits until every code that is on its way was taken or refused.
    pub async fn finish(&self) {
        // Fails only when the semaphore is closed, which nothing does.
        let _ = self.slots.acquire_many(SLOTS).await;
    }

    /// Whether the settings name a way to send codes on `channel`.
    ///
    /// # Errors
    /// [`LoginError::NotConfigured`].
    pub fn configured(&self, channel: LoginChannel) -> Result<(), LoginError> {
        let there = match channel {
            LoginChannel::Email => self.mail.is_some(),
            LoginChannel::Phone => self.sms.is_some(),
        };
        there
            .then_some(())
            .ok_or(LoginError::NotConfigured(channel))
    }

    async fn send(&self, to: &LoginAddress, code: &LoginCode) -> Result<(), SendError> {
        let minutes = self.life.as_secs().div_ceil(60);
        let text = format!(
            "{} is your login code. It is valid for {minutes} minutes and can be used once. If you did not ask for it, ignore \
             this message.",
            code.expose()
        );
        match (to, &self.mail, &self.sms) {
            (LoginAddress::Email(to), Some(mail), _) => {
                mail.send(to.clone(), "Your login code", text).await
            }
            (LoginAddress::Phone(to), _, Some(sms)) => sms.send(to, &text, code).await,
            // `configured` was asked before.
            _ => Ok(()),
        }
    }
}

/// Sends a code to `address` if it belongs to an account that is not disabled. Returns when the code dies, which says
/// nothing about whether there is one.
///
/// # Errors
/// `NotConfigured`, `TooManyCodes`, `Busy`, `Store` when the database is away.
pub async fn send_code(
    app: &AppState,
    address: LoginAddress,
) -> Result<OffsetDateTime, LoginError> {
    let login = &app.login;
    login.configured(address.channel())?;
    if !login.addresses.lock().admit(&address) {
        return Err(LoginError::TooManyCodes);
    }
    let Ok(slot) = Arc::clone(&login.slots).try_acquire_owned() else {
        return Err(LoginError::Busy);
    };
    app.store.ping().await?;
    let expires_at = OffsetDateTime::now_utc() + login.life;
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if let Err(error) = deliver(&app, &address, expires_at).await {
            tracing::warn!(%error, channel = ?address.channel(), "a login code was not sent");
        }
        drop(slot);
    });
    Ok(expires_at)
}

async fn deliver(
    app: &App,
    address: &LoginAddress,
    expires_at: OffsetDateTime,
) -> Result<(), DeliveryError> {
    let Some(client) = account(app, address).await? else {
        return Ok(());
    };
    if !app.login.accounts.lock().admit(&client.id) {
        tracing::info!(client = %client.id, "an account asked for too many login codes");
        return Ok(());
    }
    let (code, channel) = (LoginCode::random(), address.channel());
    let hash = app.login.key.hash(client.id, channel, &code);
    app.store
        .put_login_code(client.id, channel, hash, expires_at)
        .await?;
    app.login.send(address, &code).await?;
    // Old codes are dead already; this only keeps the table small.
    app.store.prune_login_codes().await?;
    Ok(())
}

/// A token for the account of `address`, if `code` is the one that was sent there last.
///
/// # Errors
/// `NotConfigured`, `InvalidCode`, `Store`.
pub async fn confirm(app: &App, address: &LoginAddress, code: &str) -> Result<String, LoginError> {
    app.login.configured(address.channel())?;
    let earliest = Instant::now() + REFUSAL_TIME;
    match accepted(app, address, code).await? {
        Some(client) => Ok(app.tokens.issue(&client, app.config.auth.token_life)?),
        None => {
            tokio::time::sleep_until(earliest).await;
            Err(LoginError::InvalidCode)
        }
    }
}

async fn accepted(
    app: &App,
    address: &LoginAddress,
    code: &str,
) -> Result<Option<Client>, StoreError> {
    let Some(code) = LoginCode::parse(code) else {
        return Ok(None);
    };
    let client = account(app, address).await?;
    // The same question is asked for an account that does not exist.
    let id = client
        .as_ref()
        .map_or_else(ClientId::random, |client| client.id);
    let channel = address.channel();
    let hash = app.login.key.hash(id, channel, &code);
    let check = app
        .store
        .try_login_code(id, channel, hash, MAX_TRIES)
        .await?;
    Ok(client.filter(|_| check == CodeCheck::Accepted))
}

/// The account that logs in with `address`, unless it is disabled.
async fn account(app: &App, address: &LoginAddress) -> Result<Option<Client>, StoreError> {
    let found = match address {
        LoginAddress::Email(email) => app.store.client_by_email(email.as_ref()).await?,
        LoginAddress::Phone(phone) => {
            // Several accounts may name one number: the oldest has it, so that a later one cannot take it away.
            let same_number = app.store.clients_by_phone(phone.number()).await?;
            same_number
                .into_iter()
                .filter(|client| client.settings["countryCode"] == phone.country_code())
                .min_by_key(|client| (client.created_at, client.id))
        }
    };
    Ok(found.filter(|client| !client.disabled))
}
