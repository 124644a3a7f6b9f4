//! E-mail through an SMTP server.

use std::time::Duration;

use anyhow::{Context as _, Result};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{Error, authentication::Credentials},
};

use super::SendError;
use crate::config::{MailConfig, MailTls};

/// Longest time for each step of the conversation with the server.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends e-mail; cloning shares it.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// A mailer with these settings; `None` when they name no server. Does not connect yet.
    ///
    /// # Errors
    /// The sender is no address, or the TLS library does not start.
    pub fn new(config: &MailConfig) -> Result<Option<Self>> {
        if config.server.is_empty() {
            return Ok(None);
        }
        let server = config.server.as_str();
        let builder = match config.tls {
            MailTls::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(server),
            MailTls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(server),
            MailTls::None => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(
                server,
            )),
        };
        let mut builder = builder
            .context("the e-mail client cannot be started")?
            .port(config.port)
            .timeout(Some(TIMEOUT));
        if !config.user.is_empty() {
            let password = config.password.expose().to_owned();
            builder = builder.credentials(Credentials::new(config.user.clone(), password));
        }
        Ok(Some(Self {
            transport: builder.build(),
            from: config.from.parse().context("mail.from is not an address")?,
        }))
    }

    /// Sends a text to one address.
    ///
    /// # Errors
    /// [`SendError`]: the server cannot be reached, or does not take the message.
    pub async fn send(&self, to: Address, subject: &str, text: String) -> Result<(), SendError> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|_| SendError::new("it cannot be written"))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(SendError::new(kind(&error))),
        }
    }
}

/// What kind of error it is. Its own text may quote the server, which quotes addresses.
fn kind(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the SMTP server answered {code}"),
        None if error.is_timeout() => "the SMTP server was too slow".to_owned(),
        None if error.is_tls() => "no encrypted connection to the SMTP server".to_owned(),
        None if error.is_response() => "the SMTP server's answer is not SMTP".to_owned(),
        None if error.is_client() => {
            "the SMTP server does not offer what the settings ask for".to_owned()
        }
        None => "the SMTP server cannot be reached".to_owned(),
    }
}
