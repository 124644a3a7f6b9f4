//! Issuing and verifying tokens.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use store::Client;
use time::OffsetDateTime;

use super::{AuthError, Claims, SigningSecret, claims::KIND};

/// Clocks of two nodes may differ by this much, in seconds; only `nbf` is read with it.
const SKEW: u64 = 60;

/// Signs and verifies account tokens (HS256 only).
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Tokens signed with `secret`.
    #[must_use]
    pub fn new(secret: &SigningSecret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times and types are checked here, by the contract's claims and without leniency.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            encoding: EncodingKey::from_secret(secret.bytes()),
            decoding: DecodingKey::from_secret(secret.bytes()),
            validation,
        }
    }

    /// A token that speaks for `client` until `life` from now.
    ///
    /// # Errors
    /// [`AuthError::Malformed`] when the claims cannot be written; not seen in practice.
    pub fn issue(&self, client: &Client, life: Duration) -> Result<String, AuthError> {
        let now = now();
        let expires = now.saturating_add(life.as_secs());
        self.sign(&Claims {
            client: client.id,
            phrase: client.token_phrase.clone(),
            expires_at: Some(expires),
            iat: Some(now),
            exp: Some(expires),
            nbf: None,
            p: Some(KIND.to_owned()),
        })
    }

    /// The claims of `token`, if it is one of ours and in its life. Asks no database: whether the account still stands by
    /// it is [`super::Accounts::check`]'s part.
    ///
    /// # Errors
    /// [`AuthError::Malformed`], [`AuthError::BadSignature`], [`AuthError::Expired`].
    pub fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        self.verify_at(token, now())
    }

    fn verify_at(&self, token: &str, now: u64) -> Result<Claims, AuthError> {
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => AuthError::BadSignature,
                _ => AuthError::Malformed,
            })?;
        let claims = data.claims;
        let is_account_token = claims.p.as_deref().is_none_or(|kind| kind == KIND);
        // No critical extension is understood here (RFC 7515, 4.1.11). kid, jku, jwk and x5u are never looked at.
        if data.header.crit.is_some()
            || !is_account_token
            || claims.not_before() > now.saturating_add(SKEW)
        {
            return Err(AuthError::Malformed);
        }
        match claims.expires() {
            None => Err(AuthError::Malformed),
            Some(expires) if expires <= now => Err(AuthError::Expired),
            Some(_) => Ok(claims),
        }
    }

    fn sign(&self, claims: &Claims) -> Result<String, AuthError> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
            .map_err(|_| AuthError::Malformed)
    }
}

fn now() -> u64 {
    u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default()
}
