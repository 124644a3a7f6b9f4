//! Where the key set comes from: an address, or a file.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use reqwest::{Client, Url, redirect};

/// Longest time for reading it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Largest key set, in bytes.
const LARGEST: usize = 256 * 1024;

/// A place that the operator trusts.
pub(super) enum Source {
    Address { client: Client, url: Url },
    File(PathBuf),
}

impl Source {
    /// An address, or a path.
    pub(super) fn new(place: &str) -> Result<Self> {
        if !place.contains("://") {
            return Ok(Self::File(place.into()));
        }
        let client = Client::builder()
            .user_agent(concat!("rostro/", env!("CARGO_PKG_VERSION")))
            // The settings were checked for an address that nobody in between can change; another one was not.
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .context("auth.identity_provider.jwks cannot be read over the network: install the root certificates (ca-certificates)")?;
        let url = Url::parse(place).context("auth.identity_provider.jwks is not an address")?;
        Ok(Self::Address { client, url })
    }

    /// The key set as it is published.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) async fn read(&self) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Address { client, url } => fetch(client, url).await,
            Self::File(path) => {
                let text = tokio::fs::read(path)
                    .await
                    .map_err(|_| "the file cannot be read")?;
                bounded(text)
            }
        }
    }
}

async fn fetch(client: &Client, url: &Url) -> Result<Vec<u8>, &'static str> {
    let answer = client.get(url.clone()).send().await;
    let mut answer = answer.map_err(|error| reason(&error))?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err("the address answers with another status than 200");
    }
    let mut text = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| reason(&error))? {
        text.extend_from_slice(&chunk);
        text = bounded(text)?;
    }
    Ok(text)
}

fn bounded(text: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    if text.len() > LARGEST {
        Err("it is too large")
    } else {
        Ok(text)
    }
}

fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the address is too slow"
    } else {
        "the address cannot be reached"
    }
}
