//! Text messages, through an HTTP hook of the operator's.

use std::{fmt, time::Duration};

use anyhow::{Context as _, Result};
use reqwest::{
    Client, Url,
    header::{HeaderMap, HeaderValue},
    redirect,
};
use serde_json::json;

use super::SendError;
use crate::{auth::LoginCode, config::SmsConfig};

/// Longest time for one call of the hook.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The header that carries the hook's secret.
const SECRET_HEADER: &str = "x-rostro-secret";

/// A phone number: digits only, country code apart.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    country: String,
    number: String,
}

impl PhoneNumber {
    /// A number as people write it: `+57`, `57` or `0057`, and `300 123-4567`. `None` when it cannot be one.
    #[must_use]
    pub fn parse(country: &str, number: &str) -> Option<Self> {
        let country = digits(country.trim().trim_start_matches('+'))?;
        let country = country.trim_start_matches('0').to_owned();
        let number = digits(number)?;
        let plausible = matches!(country.len(), 1..=4) && matches!(number.len(), 4..=15);
        plausible.then_some(Self { country, number })
    }

    /// The country code, with its plus.
    #[must_use]
    pub fn country_code(&self) -> String {
        format!("+{}", self.country)
    }

    /// The number without its country code.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }
}

// Personal data.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(***)")
    }
}

/// The digits of a text that has nothing else but what people put between them.
fn digits(text: &str) -> Option<String> {
    let mut digits = String::new();
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// The operator's hook; cloning shares it.
#[derive(Clone)]
pub struct SmsHook {
    client: Client,
    url: Url,
}

impl SmsHook {
    /// A hook with these settings; `None` when they name none.
    ///
    /// # Errors
    /// The address or the secret cannot be used, or the TLS library does not start.
    pub fn new(config: &SmsConfig) -> Result<Option<Self>> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(config.url.expose()).context("sms.url is not an address")?;
        let mut headers = HeaderMap::new();
        if !config.secret.is_empty() {
            let mut value = HeaderValue::from_str(config.secret.expose())
                .context("sms.secret cannot be sent as a header")?;
            value.set_sensitive(true);
            headers.insert(SECRET_HEADER, value);
        }
        let client = Client::builder()
            .user_agent(concat!("rostro/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // Elsewhere the secret has no business.
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .context("the client of the SMS hook cannot be started")?;
        Ok(Some(Self { client, url }))
    }

    /// Has `message`, which holds `code`, sent to `to`.
    ///
    /// # Errors
    /// [`SendError`]: the hook cannot be reached, or answers with anything but 2xx.
    pub async fn send(
        &self,
        to: &PhoneNumber,
        message: &str,
        code: &LoginCode,
    ) -> Result<(), SendError> {
        let body = json!({
            "to": format!("+{}{}", to.country, to.number),
            "countryCode": to.country_code(),
            "phone": to.number,
            "message": message,
            "code": code.expose(),
        });
        let sent = self.client.post(self.url.clone()).json(&body).send().await;
        match sent {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(SendError::new(format!(
                "the SMS hook answered {}",
                response.status().as_u16()
            ))),
            Err(error) if error.is_timeout() => Err(SendError::new("the SMS hook was too slow")),
            Err(_) => Err(SendError::new("the SMS hook cannot be reached")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_equal() {
        let one = PhoneNumber::parse("+57", "3001234567").unwrap();
        for (country, number) in [
            ("57", "300 123 4567"),
            ("0057", "(300) 123-4567"),
            (" +57 ", "300.123.4567"),
        ] {
            assert_eq!(PhoneNumber::parse(country, number).as_ref(), Some(&one));
        }
        assert_eq!(
            (one.country_code().as_str(), one.number()),
            ("+57", "3001234567")
        );
        assert!(!format!("{one:?}").contains("300"));
    }

    #[test]
    fn what_is_no_number() {
        for (country, number) in [
            ("", "3001234567"),
            ("+", "3001234567"),
            ("+57", "300"),
            ("+57", ""),
            ("+57", "300123456x"),
            ("+57", "3001234567890123"),
            ("+57123", "3001234567"),
            ("CO", "3001234567"),
            ("+57", "+3001234567\r\nx"),
        ] {
            assert!(
                PhoneNumber::parse(country, number).is_none(),
                "{country} {number}"
            );
        }
    }
}
