//! The fetch itself: redirects by hand, bytes and time bounded.

use std::{error::Error as _, sync::Arc, time::Duration};

use bytes::Bytes;

use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION},
    redirect,
};

use super::{FetchError, gate::Gate, target::Target, turns::Turns};
use crate::{
    config::FetchConfig,
    limits::{BodyMemory, Holder, Reservation},
};

/// What is reserved at first for a picture whose host does not tell its length, in bytes.
const FIRST_STEP: u64 = 64 * 1024;

/// Fetches pictures by address; cloning shares it.
#[derive(Clone)]
pub struct Fetcher {
    /// `None` where no connection could be trusted.
    client: Option<Client>,
    gate: Gate,
    turns: Arc<Turns>,
    enabled: bool,
    allow_http: bool,
    max_bytes: u64,
    max_redirects: usize,
    timeout: Duration,
}

impl Fetcher {
    /// A fetcher with these settings. On a system without root certificates (a bare container, say) it reaches nothing, and the
    /// log says so: a server that is only sent pictures can do without.
    #[must_use]
    pub fn new(config: &FetchConfig) -> Self {
        let gate = Gate::new(config);
        let client = Client::builder()
            .user_agent(concat!("rostro/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([(
                ACCEPT,
                HeaderValue::from_static("image/*"),
            )]))
            .dns_resolver(gate.clone())
            // A proxy would resolve the name once more, out of our sight.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .https_only(!config.allow_http)
            .referer(false)
            .pool_max_idle_per_host(0)
            .build()
            .inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "pictures given by address cannot be fetched: install the root certificates (ca-certificates)"
                );
            });
        Self {
            client: client.ok(),
            gate,
            turns: Arc::new(Turns::new(config)),
            enabled: config.enabled,
            allow_http: config.allow_http,
            max_bytes: config.max_bytes.as_u64(),
            max_redirects: config.max_redirects,
            timeout: config.timeout,
        }
    }

    /// The bytes at `url`, in the memory of `holder`. Whether they are a picture shows when they are decoded; what says that it is something
    /// else is refused.
    ///
    /// # Errors
    /// Every [`FetchError`].
    pub async fn fetch(
        &self,
        url: &str,
        holder: Holder,
        memory: &Arc<BodyMemory>,
    ) -> Result<Bytes, FetchError> {
        let fetched = self.in_turn(url, holder, memory).await;
        if let Err(error) = &fetched {
            crate::observe::rejected(error.name());
        }
        fetched
    }

    /// Waits for a turn as long as a fetch may take, and then fetches.
    async fn in_turn(
        &self,
        url: &str,
        holder: Holder,
        memory: &Arc<BodyMemory>,
    ) -> Result<Bytes, FetchError> {
        if !self.enabled {
            return Err(FetchError::Disabled);
        }
        // What cannot be fetched takes no turn.
        let target = Target::parse(url, self.allow_http)?;
        self.gate.admit(&target)?;
        let _turn = tokio::time::timeout(self.timeout, self.turns.take(holder))
            .await
            .unwrap_or(Err(FetchError::Busy))?;
        let reservation = memory.open(holder);
        tokio::time::timeout(self.timeout, self.follow(target, reservation))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }

    async fn follow(
        &self,
        mut target: Target,
        reservation: Reservation,
    ) -> Result<Bytes, FetchError> {
        for _ in 0..=self.max_redirects {
            self.gate.admit(&target)?;
            let host = target.host().ok_or(FetchError::InvalidUrl)?;
            let _turn = self.turns.at(host.to_string()).await?;
            let client = self.client.as_ref().ok_or(FetchError::Unreachable)?;
            let response = client
                .get(target.url())
                .send()
                .await
                .map_err(|error| reason(&error))?;
            match next(&response)? {
                Some(location) => target = target.redirected(location, self.allow_http)?,
                None => return self.read(response, reservation).await,
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    async fn read(
        &self,
        mut response: Response,
        mut reservation: Reservation,
    ) -> Result<Bytes, FetchError> {
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        if !may_be_picture(response.headers()) {
            return Err(FetchError::NotAPicture);
        }
        let told = response.content_length();
        if told.is_some_and(|length| length > self.max_bytes) {
            return Err(FetchError::TooLarge(self.max_bytes));
        }
        if !reservation.grow_to(told.unwrap_or(FIRST_STEP)).await {
            return Err(FetchError::Busy);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
            let length = (bytes.len() + chunk.len()) as u64;
            if length > self.max_bytes {
                return Err(FetchError::TooLarge(self.max_bytes));
            }
            let step = reservation.bytes().saturating_mul(2).min(self.max_bytes);
            if length > reservation.bytes() && !reservation.grow_to(step.max(length)).await {
                return Err(FetchError::Busy);
            }
            // Vec doubles what it has: not beyond what is reserved.
            if bytes.capacity() < bytes.len() + chunk.len() {
                let reserved = usize::try_from(reservation.bytes()).unwrap_or(usize::MAX);
                bytes.reserve_exact(reserved.saturating_sub(bytes.len()));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(reservation.hold(bytes))
    }
}

/// Where the answer redirects to, if it does.
fn next(response: &Response) -> Result<Option<&str>, FetchError> {
    match response.status() {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|value| value.to_str().ok());
            location.map(Some).ok_or(FetchError::InvalidUrl)
        }
        _ => Ok(None),
    }
}

// Many stores serve pictures without saying so: only a clear "this is a page" is refused.
fn may_be_picture(headers: &HeaderMap) -> bool {
    let Some(kind) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return true;
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("image/")
        || matches!(
            kind.as_str(),
            "application/octet-stream" | "binary/octet-stream"
        )
}

/// The gate's refusal, if that is what stopped the client.
fn reason(error: &reqwest::Error) -> FetchError {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref::<FetchError>() {
            return refused.clone();
        }
        source = cause.source();
    }
    FetchError::Unreachable
}
