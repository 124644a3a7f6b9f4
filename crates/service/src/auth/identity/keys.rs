//! The provider's public keys: each with the one algorithm that it is used with.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Keys that are looked at in one set.
const MOST_KEYS: usize = 100;

/// Least size of an RSA modulus, in bytes: 2048 bits.
const RSA_BYTES: usize = 256;

/// A key of the provider.
#[derive(Clone)]
pub(super) struct PublicKey {
    /// What tokens call it.
    pub(super) id: Option<String>,
    /// The only algorithm that it verifies.
    pub(super) algorithm: Algorithm,
    /// The key.
    pub(super) verifying: DecodingKey,
}

/// A key set as it is published (RFC 7517).
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// The keys of a published set that verify one of `allowed`. What is for something else, or cannot be read, is left out.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn parse(text: &[u8], allowed: &[Algorithm]) -> Result<Vec<PublicKey>, &'static str> {
    let published: Published =
        serde_json::from_slice(text).map_err(|_| "it is not a JSON Web Key Set")?;
    let keys: Vec<PublicKey> = published
        .keys
        .into_iter()
        .take(MOST_KEYS)
        .filter_map(|key| public_key(&serde_json::from_value(key).ok()?))
        .filter(|key| allowed.contains(&key.algorithm))
        .collect();
    if keys.is_empty() {
        Err("it has no key for the algorithms of the settings")
    } else {
        Ok(keys)
    }
}

fn public_key(jwk: &Jwk) -> Option<PublicKey> {
    let common = &jwk.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let verifies = common
        .key_operations
        .as_ref()
        .is_none_or(|all| all.contains(&KeyOperations::Verify));
    // A secret (`oct`) is no key of a provider: whoever reads the set could sign.
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) if is_long(&key.n) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let meant = common.key_algorithm.is_none_or(|said| said == named);
    if !(signs && verifies && meant) {
        return None;
    }
    Some(PublicKey {
        id: common.key_id.clone(),
        algorithm,
        verifying: DecodingKey::from_jwk(jwk).ok()?,
    })
}

fn is_long(modulus: &str) -> bool {
    URL_SAFE_NO_PAD.decode(modulus).is_ok_and(|bytes| {
        let leading = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes.len() - leading >= RSA_BYTES
    })
}
