//! Who asks, by the key in `x-api-key`.

use axum::http::request::Parts;
use store::ClientId;

use service::{
    AppState, Call, Credential,
    auth::{KeyError, Keyed},
    limits::Ticket,
    observe::rejected,
};

/// A caller with a good key, and the account whose persons and collections the route is about.
pub(crate) struct Owner {
    /// Who asks.
    pub(crate) call: Call,
    /// The account.
    pub(crate) client: ClientId,
}

impl Owner {
    /// The caller of a request, of which nothing but the head was read.
    ///
    /// # Errors
    /// Every [`KeyError`].
    pub(crate) async fn of(parts: &Parts, app: &AppState) -> Result<Self, KeyError> {
        let keyed = authenticate(parts, app).await;
        let keyed = keyed.inspect_err(|error| rejected(error.name()))?;
        let client = keyed.client.id;
        let call = Call::of(parts, Some(client), Credential::ApiKey(keyed.key));
        Ok(Self { call, client })
    }
}

/// The key and its account, within its limits.
async fn authenticate(parts: &Parts, app: &AppState) -> Result<Keyed, KeyError> {
    let ticket = Ticket::of(&parts.extensions);
    let keyed = app.keys.authenticate(&parts.headers).await;
    let keyed = keyed.inspect_err(|error| {
        if *error == KeyError::NotValid {
            ticket.inspect(|ticket| ticket.failed());
        }
    })?;
    ticket.map_or(Ok(()), |ticket| {
        ticket
            .opened(keyed.client.id)
            .map_err(KeyError::TooManyRequests)
    })?;
    Ok(keyed)
}
