//! Who asks: account tokens (JWT HS256) as the Verifik dialect has them, and API keys for the `x-api-key` dialects ([`Keys`]).
//!
//! A token takes two steps: [`Tokens::verify`] is pure (signature, shape, expiry); [`Accounts::check`] asks the database whether the
//! token still stands, and falls back to the last known account when the database is away.

mod accounts;
mod claims;
mod code;
mod error;
mod extract;
mod header;
mod keys;
mod remembered;
mod secret;
mod tokens;

pub use accounts::Accounts;
pub use claims::Claims;
pub use code::{CodeKey, LoginCode};
pub use error::AuthError;
use error::StoreAway;
pub use extract::AuthClient;
pub(crate) use extract::authenticate;
pub use header::bearer;
pub use keys::{API_KEY, ApiKeyText, KeyError, KeyHasher, Keyed, Keys, key_of};
pub(crate) use secret::is_exposed;
pub use secret::{SecretError, SigningSecret};
pub use tokens::Tokens;
