//! Who asks, by the key in `x-api-key`.

use axum::http::request::Parts;
use store::ClientId;

use crate::caller::keyed;
use service::{Call, Credential, auth::KeyError, observe::rejected};

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
    pub(crate) fn of(parts: &Parts) -> Result<Self, KeyError> {
        let keyed = keyed(parts).inspect_err(|error| rejected(error.name()))?;
        let client = keyed.client.id;
        let call = Call::of(parts, Some(client), Credential::ApiKey(keyed.key));
        Ok(Self { call, client })
    }
}
