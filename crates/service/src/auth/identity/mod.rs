//! Tokens of the company's own identity provider: JWTs signed with a private key, whose public half is in the provider's key set.
//!
//! They have nothing in common with this server's tokens but the header that they come in: a public key never verifies HS256, and a secret
//! of ours nothing else (RFC 8725, 3.1).

mod keys;
mod source;
mod store;

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::AuthError;
use crate::config::{AuthConfig, IdentityProviderConfig};
use keys::PublicKey;
use store::KeyStore;

/// Longest claim that can name an account, in characters.
const LONGEST_NAME: usize = 200;

/// The claim that a provider's users may have typed in themselves, and the one that says whether it is theirs.
const EMAIL: (&str, &str) = ("email", "email_verified");

/// Whom a token of the provider speaks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name.
    pub account: String,
    /// Whether the account is to be created when there is none.
    pub create: bool,
    /// When the token was issued at the earliest, in epoch seconds of this machine's clock.
    pub issued_from: u64,
}

// By hand: the name may be an e-mail address.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("issued_from", &self.issued_from)
            .finish_non_exhaustive()
    }
}

/// The identity provider of the settings.
pub struct IdentityProvider {
    keys: Arc<KeyStore>,
    config: IdentityProviderConfig,
    skew: u64,
}

impl IdentityProvider {
    /// The provider of the settings, if they name one; its keys are read, and read again in the background now and then.
    ///
    /// # Errors
    /// One sentence for an operator: no connection to it could be trusted. A provider that does not answer is no error.
    pub async fn start(config: &AuthConfig) -> Result<Option<Self>> {
        let provider = &config.identity_provider;
        if !provider.is_configured() {
            return Ok(None);
        }
        let allowed = provider.algorithms.iter().map(|one| (*one).into());
        let keys = KeyStore::start(&provider.jwks, allowed.collect(), provider.refresh).await?;
        Ok(Some(Self {
            keys,
            config: provider.clone(),
            skew: config.clock_skew.as_secs(),
        }))
    }

    /// Whether a token is signed as the provider's are, and not as ours.
    #[must_use]
    pub fn is_meant_by(token: &str) -> bool {
        jsonwebtoken::decode_header(token).is_ok_and(|header| {
            matches!(
                header.alg,
                Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA
            )
        })
    }

    /// Whether a token of the provider may be exchanged for one of this server.
    #[must_use]
    pub fn may_exchange(&self) -> bool {
        self.config.exchange
    }

    /// Reads the keys anew; the old ones stay when that fails.
    pub async fn refresh(&self) {
        self.keys.read().await;
    }

    /// Whom `token` speaks for. Asks no database.
    ///
    /// # Errors
    /// [`AuthError::Malformed`], [`AuthError::BadSignature`], [`AuthError::Expired`]; [`AuthError::KeysUnavailable`] when the provider's keys
    /// could not be read for a day, or never.
    pub async fn verify(&self, token: &str) -> Result<Identity, AuthError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Malformed)?;
        // No critical extension is understood here (RFC 7515, 4.1.11). jku, jwk, x5c and x5u are never looked at.
        if header.crit.is_some() {
            return Err(AuthError::Malformed);
        }
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let claims = self.signed_claims(token, &key)?;
        self.identity(&claims, now())
    }

    /// The claims, if `key` made the signature with its own algorithm, and issuer and audience are right.
    fn signed_claims(&self, token: &str, key: &PublicKey) -> Result<Map<String, Value>, AuthError> {
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        // Times are looked at below, with the skew of the settings.
        validation.validate_exp = false;
        match jsonwebtoken::decode(token, &key.verifying, &validation) {
            Ok(data) => Ok(data.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => AuthError::BadSignature,
                kind => {
                    tracing::debug!(
                        reason = reason(kind),
                        "a token of the identity provider is refused"
                    );
                    AuthError::Malformed
                }
            }),
        }
    }

    fn identity(&self, claims: &Map<String, Value>, now: u64) -> Result<Identity, AuthError> {
        let expires = moment(claims, "exp")?.ok_or(AuthError::Malformed)?;
        let issued = moment(claims, "iat")?.ok_or(AuthError::Malformed)?;
        let not_before = moment(claims, "nbf")?.unwrap_or(0);
        if issued.max(not_before) > now.saturating_add(self.skew) {
            return Err(AuthError::Malformed);
        }
        if expires.saturating_add(self.skew) <= now {
            return Err(AuthError::Expired);
        }
        Ok(Identity {
            account: format!("{}{}", self.config.account_prefix, self.name(claims)?),
            create: self.config.create_accounts,
            issued_from: issued.saturating_sub(self.skew),
        })
    }

    /// What the claim of the settings says.
    fn name(&self, claims: &Map<String, Value>) -> Result<String, AuthError> {
        let claim = self.config.account_claim.as_str();
        let name = claims
            .get(claim)
            .and_then(Value::as_str)
            .ok_or(AuthError::Malformed)?;
        let plain = !name.trim().is_empty()
            && name.trim() == name
            && name.chars().count() <= LONGEST_NAME
            && !name.chars().any(char::is_control);
        let (email, verified) = EMAIL;
        let is_verified = || {
            let said = claims.get(verified);
            said.is_some_and(|said| *said == true || *said == "true")
        };
        match () {
            () if !plain => Err(AuthError::Malformed),
            () if claim == email && !is_verified() => Err(AuthError::Malformed),
            () if claim == email => Ok(name.to_lowercase()),
            () => Ok(name.to_owned()),
        }
    }
}

/// A time in epoch seconds; providers may give fractions (RFC 7519, 2).
fn moment(claims: &Map<String, Value>, name: &str) -> Result<Option<u64>, AuthError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
    // The cast saturates.
    seconds
        .map(|seconds| Some(seconds as u64))
        .ok_or(AuthError::Malformed)
}

/// In words that quote nothing of the token.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidIssuer => "another issuer",
        ErrorKind::InvalidAudience => "another audience",
        ErrorKind::MissingRequiredClaim(_) => "iss, aud or exp is missing",
        ErrorKind::InvalidAlgorithm => "the key is for another algorithm",
        _ => "it cannot be read",
    }
}

fn now() -> u64 {
    let now = OffsetDateTime::now_utc() - OffsetDateTime::UNIX_EPOCH;
    Duration::try_from(now).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
