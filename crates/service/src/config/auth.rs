//! `[auth]` and `[auth.identity_provider]`.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{Secret, check::Fault, duration};

/// Account tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// The signing secret; empty means the file in the data folder.
    pub secret: Secret,
    /// Secrets whose tokens are still good.
    pub previous_secrets: Vec<Secret>,
    /// Life of a token when nothing else is asked for.
    #[serde(with = "duration")]
    pub token_life: Duration,
    /// How far the clocks of those who issue tokens may be off.
    #[serde(with = "duration")]
    pub clock_skew: Duration,
    /// Tokens of the company's own identity provider.
    pub identity_provider: IdentityProviderConfig,
}

/// An identity provider whose tokens open accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderConfig {
    /// The `iss` of its tokens; empty means that there is none.
    pub issuer: String,
    /// The `aud` that tokens for this server have.
    pub audience: String,
    /// Address or path of its key set.
    pub jwks: String,
    /// Kinds of signatures that are accepted.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// The claim that names the account.
    pub account_claim: String,
    /// What stands before the claim in the account's name.
    pub account_prefix: String,
    /// Whether an account is created for a name that there is none of.
    pub create_accounts: bool,
    /// Whether such a token may be exchanged for one of this server.
    pub exchange: bool,
    /// How often the key set is read anew.
    #[serde(with = "duration")]
    pub refresh: Duration,
}

/// A kind of signature, all of them with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    RS256,
    /// ECDSA over P-256, SHA-256.
    ES256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl From<SignatureAlgorithm> for Algorithm {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::RS256 => Self::RS256,
            SignatureAlgorithm::ES256 => Self::ES256,
            SignatureAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

impl IdentityProviderConfig {
    /// Whether there is one.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// The setting that cannot be, if a provider is named.
    pub(super) fn fault(&self) -> Fault {
        if !self.is_configured() {
            return None;
        }
        let empty = |key, text: &str| {
            text.trim()
                .is_empty()
                .then(|| (key, "must be given with an issuer".to_owned()))
        };
        empty("auth.identity_provider.audience", &self.audience)
            .or_else(|| empty("auth.identity_provider.jwks", &self.jwks))
            .or_else(|| empty("auth.identity_provider.account_claim", &self.account_claim))
            .or_else(|| {
                (!is_safe(&self.jwks)).then(|| {
                    (
                        "auth.identity_provider.jwks",
                        "must be an https:// address (http:// only for this machine) or the path of a file".to_owned(),
                    )
                })
            })
            .or_else(|| {
                self.algorithms.is_empty().then(|| {
                    (
                        "auth.identity_provider.algorithms",
                        "must have at least one of RS256, ES256, EdDSA".to_owned(),
                    )
                })
            })
    }
}

/// Whether whoever stands between cannot exchange the keys: a file, or an address that is encrypted or of this machine.
fn is_safe(jwks: &str) -> bool {
    let Some((scheme, _)) = jwks.split_once("://") else {
        return true;
    };
    let local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    Url::parse(jwks).is_ok_and(|url| match scheme {
        "https" => url.has_host(),
        "http" => local(&url),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_an_encrypted_way_or_from_this_machine() {
        for jwks in [
            "https://id.example.com/keys",
            "http://127.0.0.1:8180/keys",
            "http://[::1]/keys",
            "http://localhost/keys",
            "/etc/rostro/jwks.json",
        ] {
            assert!(is_safe(jwks), "{jwks}");
        }
        for jwks in [
            "http://id.example.com/keys",
            "http://localhost.example.com/keys",
            "http://127.0.0.1@id.example.com/keys",
            "ftp://127.0.0.1/keys",
            "https://",
        ] {
            assert!(!is_safe(jwks), "{jwks}");
        }
    }
}
