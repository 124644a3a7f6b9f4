//! `[login]`, `[mail]` and `[sms]`.

use std::time::Duration;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Secret, check::Fault, duration};

/// Login by one-time code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// Life of a code.
    #[serde(with = "duration")]
    pub code_life: Duration,
    /// Codes that one address, and one account, may ask for within an hour.
    pub codes_per_hour: usize,
}

/// The SMTP server that sends codes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Host; empty means no login by e-mail.
    pub server: String,
    /// Port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// User name; empty means none.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// Sender.
    pub from: String,
}

/// How a connection to the SMTP server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte.
    Tls,
    /// After STARTTLS, which the server must offer.
    Starttls,
    /// Not at all.
    None,
}

impl MailConfig {
    /// The setting that cannot be, if a server is named.
    pub(super) fn fault(&self) -> Fault {
        if self.server.is_empty() {
            return None;
        }
        if let Err(error) = self.from.parse::<Mailbox>() {
            return Some(("mail.from", format!("is not an e-mail address: {error}")));
        }
        (self.user.is_empty() && !self.password.is_empty())
            .then(|| ("mail.user", "must be given with a password".to_owned()))
    }
}

/// The hook that sends codes by text message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// Its address; empty means no login by text message.
    pub url: Secret,
    /// What proves to the hook that it is us.
    pub secret: Secret,
}

impl SmsConfig {
    /// The setting that cannot be, if a hook is named.
    pub(super) fn fault(&self) -> Fault {
        let url = self.url.expose();
        let usable = || {
            Url::parse(url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        if !url.is_empty() && !usable() {
            return Some((
                "sms.url",
                "must be an http:// or https:// address".to_owned(),
            ));
        }
        let sendable = self
            .secret
            .expose()
            .bytes()
            .all(|c| c.is_ascii_graphic() || c == b' ');
        (!sendable).then(|| ("sms.secret", "must be of printable ASCII".to_owned()))
    }
}
