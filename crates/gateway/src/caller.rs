//! The account of a request: found out from its head before anything of its body is read, and then a handler's argument.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use store::{Client, ClientId};

use crate::routes::verifik::error::ApiError;
use service::auth::{AuthError, IdentityProvider, KeyError, Keyed, bearer};
use service::{
    App, AppState, Credential,
    limits::{NoPlace, Ticket, Wait},
};

/// A handler that takes this is for accounts only: the request's token was verified, and the account stands by it.
#[derive(Debug, Clone)]
pub(crate) struct AuthClient {
    /// The account.
    pub(crate) client: Client,
    /// Whose token it was.
    pub(crate) credential: Credential,
}

/// What was found out about the caller from the head alone; the middleware puts it into the request's extensions.
#[derive(Clone)]
struct Known<C, E>(Result<C, E>);

/// Whether a request gets further than its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knock {
    /// It is one of this account, which has a place for it.
    Opened(ClientId),
    /// It is not: the route's extractor says why. Nothing more is to be read.
    Refused,
    /// It would be, but all places are taken.
    Full,
}

/// Finds out whose request it is by its `Authorization` header.
pub(crate) async fn knock_with_token(app: &App, parts: &mut Parts) -> Knock {
    let caller = by_token(app, &parts.headers).await;
    let is_wrong = caller.as_ref().is_err_and(|error| error.is_a_wrong_token());
    let client = |caller: &AuthClient| caller.client.id;
    seat(parts, caller, is_wrong, client, AuthError::TooManyRequests)
}

/// Finds out whose request it is by its `x-api-key` header.
pub(crate) async fn knock_with_key(app: &App, parts: &mut Parts) -> Knock {
    let caller = app.keys.authenticate(&parts.headers).await;
    let is_wrong = matches!(caller, Err(KeyError::NotValid));
    let client = |caller: &Keyed| caller.client.id;
    seat(parts, caller, is_wrong, client, KeyError::TooManyRequests)
}

/// Gives the caller a place, and leaves what is known for the extractors.
fn seat<C, E>(
    parts: &mut Parts,
    caller: Result<C, E>,
    is_wrong: bool,
    client: impl FnOnce(&C) -> ClientId,
    too_many: impl FnOnce(Wait) -> E,
) -> Knock
where
    C: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    let ticket = Ticket::of(&parts.extensions);
    if is_wrong {
        ticket.inspect(|ticket| ticket.failed());
    }
    let (caller, knock) = match caller {
        Err(error) => (Err(error), Knock::Refused),
        Ok(caller) => {
            let client = client(&caller);
            match ticket.map_or(Ok(()), |ticket| ticket.opened(client)) {
                Ok(()) => (Ok(caller), Knock::Opened(client)),
                Err(NoPlace::Wait(wait)) => (Err(too_many(wait)), Knock::Refused),
                Err(NoPlace::Full) => return Knock::Full,
            }
        }
    };
    parts.extensions.insert(Known(caller));
    knock
}

fn known<C, E>(parts: &Parts) -> Option<Result<C, E>>
where
    C: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    let known = parts.extensions.get::<Known<C, E>>();
    known.map(|known| known.0.clone())
}

/// The account that the request's `Authorization` header speaks for, within its limits. On a route that does not ask for one, nobody.
///
/// # Errors
/// Every [`AuthError`].
pub(crate) fn authenticated(parts: &Parts) -> Result<AuthClient, AuthError> {
    known(parts).unwrap_or(Err(AuthError::Missing))
}

/// The account and the key of the request's `x-api-key` header, likewise.
///
/// # Errors
/// Every [`KeyError`].
pub(crate) fn keyed(parts: &Parts) -> Result<Keyed, KeyError> {
    known(parts).unwrap_or(Err(KeyError::Missing))
}

async fn by_token(app: &App, headers: &HeaderMap) -> Result<AuthClient, AuthError> {
    let token = bearer(headers)?;
    let provider = app.identity_provider.as_ref();
    if let Some(provider) = provider.filter(|_| IdentityProvider::is_meant_by(token)) {
        let identity = provider.verify(token).await?;
        return Ok(AuthClient {
            client: app.accounts.of_identity(&identity).await?,
            credential: Credential::IdentityProvider,
        });
    }
    let claims = app.tokens.verify(token)?;
    Ok(AuthClient {
        client: app.accounts.check(&claims).await?,
        credential: Credential::Token,
    })
}

/// The account, for what only this server's own tokens may do unless the settings say otherwise: what outlives the token.
///
/// # Errors
/// Every [`AuthError`].
pub(crate) fn authenticated_own(app: &App, parts: &Parts) -> Result<AuthClient, AuthError> {
    let caller = authenticated(parts)?;
    let provider = app.identity_provider.as_ref();
    let foreign = caller.credential == Credential::IdentityProvider
        && !provider.is_some_and(IdentityProvider::may_exchange);
    if foreign {
        Err(AuthError::ForeignToken)
    } else {
        Ok(caller)
    }
}

impl FromRequestParts<AppState> for AuthClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        authenticated(parts).map_err(|error| {
            service::observe::rejected(error.name());
            ApiError::from_auth(error, state.config.verifik.expired_token)
        })
    }
}
