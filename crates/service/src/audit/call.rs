//! Who asks.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use http::request::Parts;
use store::{ApiKeyId, ClientId};

use crate::limits::Ticket;

/// Header that carries the id of a request, in requests and in answers.
pub const REQUEST_ID: &str = "x-request-id";

/// How a caller showed which account it speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// By a token.
    Token,
    /// By a token of the identity provider.
    IdentityProvider,
    /// By an API key.
    ApiKey(ApiKeyId),
    /// It is this server itself.
    Server,
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Token => f.write_str("token"),
            Self::IdentityProvider => f.write_str("idp"),
            Self::ApiKey(id) => write!(f, "key:{id}"),
            Self::Server => f.write_str("server"),
        }
    }
}

tokio::task_local! {
    /// Whose request this task works on, once its caller is known.
    static CURRENT: Arc<OnceLock<Call>>;
}

/// Works on a request, whose caller [`Call::of`] finds out.
pub async fn with_call<T>(work: impl Future<Output = T>) -> T {
    CURRENT.scope(Arc::default(), work).await
}

/// Who asks, and under which name the logs know the request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The account; none on routes that ask for no token, whose calls are not recorded.
    pub client: Option<ClientId>,
    /// What opened the door.
    pub credential: Credential,
    /// From where.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: String,
}

impl Call {
    /// That of a request.
    pub fn of(parts: &Parts, client: Option<ClientId>, credential: Credential) -> Self {
        let request_id = parts
            .headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        let call = Self {
            client,
            credential,
            address: Ticket::of(&parts.extensions).and_then(Ticket::address),
            request_id: request_id.unwrap_or_default().to_owned(),
        };
        // Only tests have no such scope.
        let _ = CURRENT.try_with(|current| current.set(call.clone()));
        call
    }

    /// Whose request the current task works on.
    pub(crate) fn current() -> Option<Self> {
        CURRENT
            .try_with(|current| current.get().cloned())
            .ok()
            .flatten()
    }

    /// Does something in the name of this caller.
    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::new(OnceLock::from(self)), work).await
    }

    /// Something that the server does to an account by itself.
    pub(crate) fn of_server(client: ClientId) -> Self {
        Self {
            client: Some(client),
            credential: Credential::Server,
            address: None,
            request_id: String::new(),
        }
    }
}
