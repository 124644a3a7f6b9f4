//! Accounts.

use std::fmt;

use time::OffsetDateTime;

use crate::ids::ClientId;

/// An account: the owner of persons and collections, and what a token speaks for.
#[derive(Clone, PartialEq)]
pub struct Client {
    /// Its id, the `clientId` of tokens.
    pub id: ClientId,
    /// Unique among all accounts.
    pub name: String,
    /// Lower case, unique among all accounts.
    pub email: Option<String>,
    /// As given; several accounts may share one.
    pub phone: Option<String>,
    /// A token is valid only while it repeats this secret.
    pub token_phrase: String,
    /// When the phrase was last replaced: tokens that do not repeat it (those of an identity provider) must be younger. `None`: never.
    pub tokens_from: Option<OffsetDateTime>,
    /// A disabled account is refused everywhere.
    pub disabled: bool,
    /// A JSON object: company, address, avatar, countryCode, ...
    pub settings: serde_json::Value,
    /// Millisecond precision, UTC.
    pub created_at: OffsetDateTime,
    /// Millisecond precision, UTC.
    pub updated_at: OffsetDateTime,
}

// By hand: the token phrase is a secret, and the rest is personal.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// What an operator says about a new account; the rest is made by the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewClient {
    /// Unique among all accounts.
    pub name: String,
    /// Where login codes are sent; unique among all accounts, upper case is folded.
    pub email: Option<String>,
    /// Where login codes are sent.
    pub phone: Option<String>,
}

/// A partial update of an account: `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientUpdate {
    /// A new unique name.
    pub name: Option<String>,
    /// `Some(None)` removes the address.
    pub email: Option<Option<String>>,
    /// `Some(None)` removes the number.
    pub phone: Option<Option<String>>,
    /// Keys to set; a null value removes its key, other keys stay.
    pub settings: Option<serde_json::Map<String, serde_json::Value>>,
}
