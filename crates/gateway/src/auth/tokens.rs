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

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Secret;

    const NOW: u64 = 1_764_547_200;
    const ID: &str = "676194953a7502baafacc887";

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(&SigningSecret::load(&Secret::new(secret), std::path::Path::new("")).unwrap())
    }

    fn ours() -> Tokens {
        tokens("0123456789abcdef0123456789abcdef")
    }

    /// A token with these claims, signed by us.
    fn signed(claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &ours().encoding).unwrap()
    }

    fn with(changes: Value) -> Value {
        let mut claims =
            json!({"clientId": ID, "JWTPhrase": "abc", "expiresAt": NOW + 60, "iat": NOW});
        for (key, value) in changes.as_object().unwrap() {
            claims[key] = value.clone();
        }
        claims
    }

    fn verdict(claims: &Value) -> Result<(), AuthError> {
        ours().verify_at(&signed(claims), NOW).map(|_| ())
    }

    fn raw(header: &Value, claims: &Value, signature: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{signature}", part(header), part(claims))
    }

    #[test]
    fn what_is_issued_is_verified_and_reads_as_documented() {
        let client = Client {
            id: ID.parse().unwrap(),
            name: "n".into(),
            email: None,
            phone: None,
            token_phrase: "phrase".into(),
            disabled: false,
            settings: json!({}),
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        };
        let token = ours().issue(&client, Duration::from_secs(3600)).unwrap();
        let claims = ours().verify(&token).unwrap();
        assert_eq!(
            (claims.client, claims.phrase.as_str(), claims.p.as_deref()),
            (client.id, "phrase", Some("vk"))
        );
        assert_eq!(claims.expires().unwrap() - claims.iat.unwrap(), 3600);
        assert!(!format!("{claims:?}").contains("phrase"));
        let payload: Value = serde_json::from_slice(
            &URL_SAFE_NO_PAD
                .decode(token.split('.').nth(1).unwrap())
                .unwrap(),
        )
        .unwrap();
        let keys: Vec<&str> = payload
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            ["JWTPhrase", "clientId", "exp", "expiresAt", "iat", "p"]
        );
    }

    #[test]
    fn the_earlier_end_of_life_holds_in_seconds_or_milliseconds() {
        let cases = [
            (json!({}), Ok(())),
            (json!({"expiresAt": NOW}), Err(AuthError::Expired)),
            (json!({"expiresAt": (NOW + 60) * 1000}), Ok(())),
            (
                json!({"expiresAt": (NOW - 1) * 1000}),
                Err(AuthError::Expired),
            ),
            (json!({"exp": NOW - 1}), Err(AuthError::Expired)),
            (json!({"exp": NOW + 1}), Ok(())),
            (
                json!({"expiresAt": NOW - 1, "exp": NOW + 60}),
                Err(AuthError::Expired),
            ),
            (json!({"nbf": NOW + 3600}), Err(AuthError::Malformed)),
            (json!({"nbf": NOW + 30}), Ok(())),
        ];
        for (changes, wanted) in cases {
            assert_eq!(verdict(&with(changes.clone())), wanted, "{changes}");
        }
    }

    #[test]
    fn a_token_without_end_or_with_wrong_types_is_refused() {
        let mut endless = with(json!({}));
        endless.as_object_mut().unwrap().remove("expiresAt");
        assert_eq!(verdict(&endless), Err(AuthError::Malformed));
        for changes in [
            json!({"expiresAt": "1964547200"}),
            json!({"expiresAt": null}),
            json!({"expiresAt": -1}),
            json!({"expiresAt": 1.5}),
            json!({"expiresAt": [NOW + 60]}),
            json!({"exp": "never"}),
            json!({"exp": null}),
            json!({"nbf": "x"}),
            json!({"iat": {}}),
            json!({"clientId": "short"}),
            json!({"clientId": 1}),
            json!({"JWTPhrase": null}),
            json!({"JWTPhrase": ["abc"]}),
            json!({"p": "session"}),
            json!({"p": null}),
        ] {
            assert_eq!(
                verdict(&with(changes.clone())),
                Err(AuthError::Malformed),
                "{changes}"
            );
        }
        assert_eq!(
            verdict(&with(json!({"superAdminId": "x", "p": "vk"}))),
            Ok(()),
            "unknown claims are ignored"
        );
    }

    #[test]
    fn only_our_own_hs256_signature_counts() {
        let claims = with(json!({}));
        let token = signed(&claims);
        assert_eq!(
            tokens("another secret of 32 bytes or so")
                .verify_at(&token, NOW)
                .unwrap_err(),
            AuthError::BadSignature
        );
        let signature = token.rsplit('.').next().unwrap();
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "None", "typ": "JWT"}),
            json!({"alg": "RS256"}),
            json!({"alg": "HS384"}),
            json!({"typ": "JWT"}),
        ] {
            for signature in ["", signature] {
                assert!(
                    ours()
                        .verify_at(&raw(&header, &claims, signature), NOW)
                        .is_err(),
                    "{header}"
                );
            }
        }
        // A key that comes with the token is not used.
        let foreign = b"a key that the attacker has chosen himself";
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("../../../dev/null".into());
        header.jku = Some("http://127.0.0.1:1/keys".into());
        header.x5u = Some("http://127.0.0.1:1/cert".into());
        let forged =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(foreign)).unwrap();
        assert_eq!(
            ours().verify_at(&forged, NOW).unwrap_err(),
            AuthError::BadSignature
        );
        // Such headers in a token of ours change nothing; a critical one is not understood.
        let kept = jsonwebtoken::encode(&header, &claims, &ours().encoding).unwrap();
        assert!(ours().verify_at(&kept, NOW).is_ok());
        header.crit = Some(vec!["exp".into()]);
        let critical = jsonwebtoken::encode(&header, &claims, &ours().encoding).unwrap();
        assert_eq!(
            ours().verify_at(&critical, NOW).unwrap_err(),
            AuthError::Malformed
        );
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in ".{0,300}") {
            prop_assert!(ours().verify_at(&text, NOW).is_err());
        }

        #[test]
        fn any_change_of_a_token_is_refused(position in any::<prop::sample::Index>(), byte in prop::sample::select(b"ABCxyz019-_.".to_vec())) {
            let token = signed(&with(json!({})));
            let mut changed = token.clone().into_bytes();
            let position = position.index(changed.len());
            prop_assume!(changed[position] != byte);
            changed[position] = byte;
            let changed = String::from_utf8(changed).unwrap();
            // The last digit of a signature has two bits that say nothing.
            prop_assume!(position + 1 < token.len());
            prop_assert!(ours().verify_at(&changed, NOW).is_err());
        }
    }
}
