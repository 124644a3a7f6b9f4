//! Who asks, by the key in `x-api-key`.

use axum::http::request::Parts;
use store::{Client, ClientId};

use crate::{
    AppState, auth::KeyError, limits::Ticket, observe::rejected, server::REQUEST_ID, service::Call,
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
        let client = authenticate(parts, app).await;
        let client = client.inspect_err(|error| rejected(error.name()))?.id;
        let request_id = parts
            .headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        let call = Call {
            client: Some(client),
            request_id: request_id.unwrap_or_default().to_owned(),
        };
        Ok(Self { call, client })
    }
}

/// The account of the key, within its limits.
async fn authenticate(parts: &Parts, app: &AppState) -> Result<Client, KeyError> {
    let ticket = Ticket::of(&parts.extensions);
    let client = app.keys.authenticate(&parts.headers).await;
    let client = client.inspect_err(|error| {
        if *error == KeyError::NotValid {
            ticket.inspect(|ticket| ticket.failed());
        }
    })?;
    ticket.map_or(Ok(()), |ticket| {
        ticket.opened(client.id).map_err(KeyError::TooManyRequests)
    })?;
    Ok(client)
}
