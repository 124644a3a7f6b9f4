//! What a token of a provider must be, with keys of its own and a key set in a file.

use std::path::PathBuf;

use jsonwebtoken::{DecodingKey, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::config::{Config, Secret};

const NOW: u64 = 1_764_547_200;

/// A provider with one key of each elliptic kind.
struct Provider {
    folder: TempDir,
    p256: EncodingKey,
    ed25519: EncodingKey,
    config: AuthConfig,
}

/// The first version of PKCS #8 for an Ed25519 key, the only one that a JWK is made of here.
fn without_public_key(second: &[u8]) -> Vec<u8> {
    [&[0x30, 0x2e, 2, 1, 0], &second[5..48]].concat()
}

impl Provider {
    fn new() -> Self {
        let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap().auth;
        let provider = &mut config.identity_provider;
        provider.issuer = "https://id.example.com/".to_owned();
        provider.audience = "rostro".to_owned();
        provider.jwks = folder.path().join("jwks.json").display().to_string();
        let this = Self {
            p256: EncodingKey::from_ec_der(&p256.serialize_der()),
            ed25519: EncodingKey::from_ed_der(&without_public_key(&ed25519.serialize_der())),
            folder,
            config,
        };
        this.publish(&[("one", &this.p256, Algorithm::ES256)]);
        this
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }

    fn publish(&self, keys: &[(&str, &EncodingKey, Algorithm)]) {
        let keys: Vec<Jwk> = keys
            .iter()
            .map(|(id, key, algorithm)| {
                let mut jwk = Jwk::from_encoding_key(key, *algorithm).unwrap();
                jwk.common.key_id = Some((*id).to_owned());
                jwk
            })
            .collect();
        std::fs::write(self.path(), json!({ "keys": keys }).to_string()).unwrap();
    }

    async fn start(&self) -> IdentityProvider {
        IdentityProvider::start(&self.config)
            .await
            .unwrap()
            .unwrap()
    }

    fn token(&self, id: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = id.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.p256).unwrap()
    }
}

fn claims(changes: Value) -> Value {
    let now = now();
    let mut claims = json!({
        "iss": "https://id.example.com/", "aud": ["account", "rostro"], "sub": "alice", "iat": now, "exp": now + 300
    });
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(key);
        } else {
            claims[key] = value.clone();
        }
    }
    claims
}

#[tokio::test]
async fn a_good_token_names_an_account() {
    let provider = Provider::new();
    let open = provider.start().await;
    let identity = open
        .verify(&provider.token(Some("one"), &claims(json!({}))))
        .await
        .unwrap();
    assert_eq!(
        (identity.account.as_str(), identity.create),
        ("idp:alice", false)
    );
    assert!(identity.issued_from + 60 <= now());
    assert!(!format!("{identity:?}").contains("alice"));
    // There is only one key: it need not be named.
    let nameless = provider.token(None, &claims(json!({})));
    assert!(open.verify(&nameless).await.is_ok());
}

#[tokio::test]
async fn each_algorithm_has_its_key() {
    let provider = Provider::new();
    provider.publish(&[
        ("one", &provider.p256, Algorithm::ES256),
        ("two", &provider.ed25519, Algorithm::EdDSA),
    ]);
    let open = provider.start().await;
    let signed = |algorithm, key: &EncodingKey, id: &str| {
        let mut header = Header::new(algorithm);
        header.kid = Some(id.to_owned());
        jsonwebtoken::encode(&header, &claims(json!({})), key).unwrap()
    };
    let edwards = signed(Algorithm::EdDSA, &provider.ed25519, "two");
    assert!(open.verify(&edwards).await.is_ok());
    // A key is used with its own algorithm, whatever the header says.
    let crossed = signed(Algorithm::EdDSA, &provider.ed25519, "one");
    assert_eq!(
        open.verify(&crossed).await.unwrap_err(),
        AuthError::BadSignature
    );
    let mut narrow = Provider::new();
    narrow.config.identity_provider.algorithms = vec![crate::config::SignatureAlgorithm::RS256];
    let refused = narrow
        .start()
        .await
        .verify(&narrow.token(Some("one"), &claims(json!({}))))
        .await;
    assert_eq!(
        refused.unwrap_err(),
        AuthError::KeysUnavailable,
        "no key fits the settings"
    );
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let provider = Provider::new();
    let open = provider.start().await;
    let good = provider.token(Some("one"), &claims(json!({})));
    let stranger = Provider::new();
    let foreign = stranger.token(Some("one"), &claims(json!({})));
    assert_eq!(
        open.verify(&foreign).await.unwrap_err(),
        AuthError::BadSignature
    );
    let mut changed = good.clone();
    changed.replace_range(
        good.len() - 8..good.len() - 4,
        if good.ends_with('A') { "BBBB" } else { "AAAA" },
    );
    assert_eq!(
        open.verify(&changed).await.unwrap_err(),
        AuthError::BadSignature
    );
    // HS256 with the public key as the secret, in every form that it is published in.
    let text = std::fs::read_to_string(provider.path()).unwrap();
    let jwk: Value = serde_json::from_str(&text).unwrap();
    let x = jwk["keys"][0]["x"].as_str().unwrap();
    for secret in [text.as_str(), x] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("one".to_owned());
        let key = EncodingKey::from_secret(secret.as_bytes());
        let forged = jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap();
        assert!(!IdentityProvider::is_meant_by(&forged));
        assert!(open.verify(&forged).await.is_err());
    }
    // Without a signature, and with a critical header.
    let body = good.split('.').nth(1).unwrap();
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "none", "kid": "one"}),
        json!({"alg": "ES256", "kid": "one"}),
    ] {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        assert!(open.verify(&format!("{header}.{body}.")).await.is_err());
    }
    let mut header = Header::new(Algorithm::ES256);
    (header.kid, header.crit) = (Some("one".to_owned()), Some(vec!["exp".to_owned()]));
    let critical = jsonwebtoken::encode(&header, &claims(json!({})), &provider.p256).unwrap();
    assert_eq!(
        open.verify(&critical).await.unwrap_err(),
        AuthError::Malformed
    );
}

#[tokio::test]
async fn a_secret_in_the_key_set_is_no_key() {
    let provider = Provider::new();
    let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    provider.publish(&[("one", &secret, Algorithm::HS256)]);
    let open = provider.start().await;
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".to_owned());
    let token = jsonwebtoken::encode(&header, &claims(json!({})), &secret).unwrap();
    assert_eq!(
        open.verify(&token).await.unwrap_err(),
        AuthError::KeysUnavailable
    );
}

#[tokio::test]
async fn claims_must_be_for_this_server() {
    let provider = Provider::new();
    let open = provider.start().await;
    for changes in [
        json!({"iss": "https://id.example.com"}),
        json!({"iss": null}),
        json!({"aud": "account"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"iat": null}),
        json!({"iat": -1}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": " alice"}),
        json!({"sub": "a\nb"}),
        json!({"sub": ["alice"]}),
        json!({"sub": "a".repeat(LONGEST_NAME + 1)}),
    ] {
        let token = provider.token(Some("one"), &claims(changes.clone()));
        assert_eq!(
            open.verify(&token).await.unwrap_err(),
            AuthError::Malformed,
            "{changes}"
        );
    }
    let single = provider.token(Some("one"), &claims(json!({"aud": "rostro"})));
    assert!(open.verify(&single).await.is_ok());
}

#[tokio::test]
async fn times_are_read_with_the_skew_of_the_settings() {
    let provider = Provider::new();
    let open = provider.start().await;
    let at = |changes: Value| {
        let mut all = json!({"sub": "alice", "iat": NOW, "exp": NOW + 300});
        for (key, value) in changes.as_object().unwrap() {
            all[key] = value.clone();
        }
        open.identity(all.as_object().unwrap(), NOW).map(|_| ())
    };
    for (changes, wanted) in [
        (json!({}), Ok(())),
        (json!({"exp": NOW - 59}), Ok(())),
        (json!({"exp": NOW - 60}), Err(AuthError::Expired)),
        (json!({"exp": (NOW - 59) as f64 + 0.5}), Ok(())),
        (json!({"nbf": NOW + 60}), Ok(())),
        (json!({"nbf": NOW + 61}), Err(AuthError::Malformed)),
        (json!({"iat": NOW + 60}), Ok(())),
        (json!({"iat": NOW + 61}), Err(AuthError::Malformed)),
    ] {
        assert_eq!(at(changes.clone()), wanted, "{changes}");
    }
}

#[tokio::test]
async fn an_email_counts_only_when_the_provider_has_verified_it() {
    let mut provider = Provider::new();
    let settings = &mut provider.config.identity_provider;
    (settings.account_claim, settings.account_prefix) = ("email".to_owned(), String::new());
    let open = provider.start().await;
    let name = async |changes: Value| {
        let token = provider.token(Some("one"), &claims(changes));
        open.verify(&token).await.map(|identity| identity.account)
    };
    let known = json!({"email": "Alice@Example.com", "email_verified": true});
    assert_eq!(name(known).await.unwrap(), "alice@example.com");
    for unverified in [
        json!({"email": "a@b.c"}),
        json!({"email": "a@b.c", "email_verified": false}),
    ] {
        assert_eq!(name(unverified).await.unwrap_err(), AuthError::Malformed);
    }
}

#[tokio::test]
async fn new_keys_are_read_when_a_token_names_one_and_not_for_every_such_token() {
    let provider = Provider::new();
    let open = provider.start().await;
    let token = provider.token(Some("one"), &claims(json!({})));
    open.verify(&token).await.unwrap();
    // The provider rotates: the new key is seen with the first token that names it, the old one is gone.
    provider.publish(&[("two", &provider.p256, Algorithm::ES256)]);
    let fresh = provider.token(Some("two"), &claims(json!({})));
    open.verify(&fresh).await.unwrap();
    assert_eq!(
        open.verify(&token).await.unwrap_err(),
        AuthError::BadSignature
    );
    // The next unknown name, a moment later, is not asked for.
    provider.publish(&[("three", &provider.p256, Algorithm::ES256)]);
    let third = provider.token(Some("three"), &claims(json!({})));
    assert_eq!(
        open.verify(&third).await.unwrap_err(),
        AuthError::BadSignature
    );
    open.refresh().await;
    assert!(open.verify(&third).await.is_ok());
    // What cannot be read leaves the keys as they were.
    for broken in ["", "{}", "{\"keys\": []}", "[]"] {
        std::fs::write(provider.path(), broken).unwrap();
        open.refresh().await;
        assert!(open.verify(&third).await.is_ok(), "{broken:?}");
    }
}

#[tokio::test]
async fn without_keys_nobody_is_let_in_and_a_file_that_comes_later_is_seen() {
    let provider = Provider::new();
    let keys = std::fs::read(provider.path()).unwrap();
    std::fs::remove_file(provider.path()).unwrap();
    let open = provider.start().await;
    let token = provider.token(Some("one"), &claims(json!({})));
    assert_eq!(
        open.verify(&token).await.unwrap_err(),
        AuthError::KeysUnavailable
    );
    std::fs::write(provider.path(), keys).unwrap();
    open.refresh().await;
    assert!(open.verify(&token).await.is_ok());
}

#[tokio::test]
async fn short_rsa_keys_and_keys_for_encryption_are_left_out() {
    let all = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
    let provider = Provider::new();
    let point = Jwk::from_encoding_key(&provider.p256, Algorithm::ES256).unwrap();
    let with = |changes: Value| {
        let mut key = serde_json::to_value(&point).unwrap();
        for (name, value) in changes.as_object().unwrap() {
            key[name] = value.clone();
        }
        keys::parse(json!({ "keys": [key] }).to_string().as_bytes(), &all).map(|keys| keys.len())
    };
    assert_eq!(with(json!({})), Ok(1));
    assert_eq!(with(json!({"use": "sig", "x5t": "ignored"})), Ok(1));
    for other in [
        json!({"use": "enc"}),
        json!({"alg": "ES384"}),
        json!({"alg": "HS256"}),
        json!({"alg": "ECDH-ES"}),
        json!({"key_ops": ["sign"]}),
        json!({"crv": "P-384"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "n": format!("{}AQAB", "A".repeat(400)), "e": "AQAB"}),
        json!({"kty": "unheard-of"}),
    ] {
        assert!(with(other.clone()).is_err(), "{other}");
    }
    let long = json!({"kty": "RSA", "alg": "RS256", "n": format!("{}w", "_".repeat(341)), "e": "AQAB", "kid": "r"});
    let set = json!({ "keys": [long, "nonsense", {"kty": 5}] }).to_string();
    let parsed = keys::parse(set.as_bytes(), &all).unwrap();
    assert_eq!((parsed.len(), parsed[0].algorithm), (1, Algorithm::RS256));
    assert!(keys::parse(set.as_bytes(), &[Algorithm::ES256]).is_err());
}

#[test]
fn none_is_configured_by_default() {
    let config = Config::defaults().unwrap().auth;
    assert!(!config.identity_provider.is_configured());
    // Neither a secret nor a key is shown by what holds them.
    let key = DecodingKey::from_secret(b"0123456789abcdef");
    assert!(!format!("{key:?} {:?}", Secret::new("hunter2")).contains("hunter2"));
    assert!(!format!("{key:?}").contains("[48, 49"));
}
