//! Why a request is not let in.

use crate::limits::Wait;

/// Why a request is not let in. Knows no HTTP; each dialect maps it to its own bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No `Authorization` header, or an empty one.
    #[error("no token")]
    Missing,
    /// Not a token of ours: not three parts, another algorithm, claims absent or of the wrong type.
    #[error("malformed token")]
    Malformed,
    /// The signature is not ours.
    #[error("bad signature")]
    BadSignature,
    /// The token's life is over.
    #[error("token expired")]
    Expired,
    /// The account's phrase was changed since.
    #[error("token revoked")]
    Revoked,
    /// The account does not exist.
    #[error("unknown account")]
    UnknownClient,
    /// The account is disabled.
    #[error("account disabled")]
    Disabled,
    /// The database is away and this account was not seen before.
    #[error("the database is unreachable")]
    StoreUnavailable,
    /// The keys of the identity provider could not be read.
    #[error("the identity provider's keys are unknown")]
    KeysUnavailable,
    /// Only this server's own tokens may do this, and this is one of the identity provider.
    #[error("a token of the identity provider may not do this")]
    ForeignToken,
    /// The account asks for more than it may.
    #[error("too many requests")]
    TooManyRequests(Wait),
}

/// The database is away, and the account was not seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoreAway;

impl From<StoreAway> for AuthError {
    fn from(_: StoreAway) -> Self {
        Self::StoreUnavailable
    }
}

impl AuthError {
    /// Every variant, for tests that walk them all.
    pub const ALL: [Self; 11] = [
        Self::Missing,
        Self::Malformed,
        Self::BadSignature,
        Self::Expired,
        Self::Revoked,
        Self::UnknownClient,
        Self::Disabled,
        Self::StoreUnavailable,
        Self::KeysUnavailable,
        Self::ForeignToken,
        Self::TooManyRequests(Wait::A_SECOND),
    ];

    /// Whether somebody tried a token that is none.
    pub fn is_a_wrong_token(self) -> bool {
        matches!(
            self,
            Self::Malformed | Self::BadSignature | Self::Revoked | Self::UnknownClient
        )
    }

    /// Name for metrics: the variant in snake case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::UnknownClient => "unknown_client",
            Self::Disabled => "disabled",
            Self::StoreUnavailable => "store_unavailable",
            Self::KeysUnavailable => "identity_provider_unavailable",
            Self::ForeignToken => "foreign_token",
            Self::TooManyRequests(_) => "too_many_requests",
        }
    }
}
