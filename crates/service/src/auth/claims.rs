//! What a token says.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use store::ClientId;

/// The kind of token that this server issues and accepts.
pub(super) const KIND: &str = "vk";

/// From here on a time is in milliseconds: as seconds it would lie after the year 5000.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// The claims of an account token. A claim of another type makes the token malformed; unknown claims are ignored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    #[serde(rename = "clientId")]
    pub client: ClientId,
    /// The account's phrase when the token was issued; the token dies when the account gets another.
    #[serde(rename = "JWTPhrase")]
    pub phrase: String,
    /// End of life, epoch seconds (milliseconds are accepted).
    #[serde(
        rename = "expiresAt",
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<u64>,
    /// Issued at, epoch seconds.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub iat: Option<u64>,
    /// The standard claim for the end of life: clients read it when it is there.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub exp: Option<u64>,
    /// Not valid before, epoch seconds. Never issued, honoured when there.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub nbf: Option<u64>,
    /// Kind of token; absent means an account token.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub p: Option<String>,
}

impl Claims {
    /// End of life in epoch seconds: the earlier of `expiresAt` and `exp`; `None` when the token has neither.
    #[must_use]
    pub fn expires(&self) -> Option<u64> {
        self.expires_at
            .into_iter()
            .chain(self.exp)
            .map(seconds)
            .min()
    }

    /// Start of life in epoch seconds, 0 when there is none.
    #[must_use]
    pub fn not_before(&self) -> u64 {
        self.nbf.map_or(0, seconds)
    }
}

// By hand: the phrase is a secret.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims")
            .field("client", &self.client)
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

fn seconds(time: u64) -> u64 {
    if time >= MILLISECONDS_FROM {
        time / 1000
    } else {
        time
    }
}

// A claim that is there must have its type: serde alone would take null for absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<T>::deserialize(deserializer)?
        .map(Some)
        .ok_or_else(|| D::Error::custom("null"))
}
