//! Issuing and verifying tokens.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use store::Client;
use time::OffsetDateTime;

use super::{AuthError, Claims, Secrets, SigningSecret, claims::KIND};

/// Signs and verifies account tokens (HS256 only).
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    /// First the one that signs.
    keys: Vec<Key>,
    validation: Validation,
    skew: u64,
}

/// A secret whose tokens are good.
#[derive(Clone)]
struct Key {
    id: String,
    verifying: DecodingKey,
}

impl Key {
    fn new(secret: &SigningSecret) -> Self {
        Self {
            id: secret.id(),
            verifying: DecodingKey::from_secret(secret.bytes()),
        }
    }
}

impl Tokens {
    /// Tokens signed with the current one of `secrets`. `skew`: how far the clocks of two nodes may differ; only `nbf` is read with it.
    #[must_use]
    pub fn new(secrets: &Secrets, skew: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times and types are checked here, by the contract's claims and without leniency.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            signing: EncodingKey::from_secret(secrets.current().bytes()),
            keys: secrets.all().map(Key::new).collect(),
            validation,
            skew: skew.as_secs(),
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
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Malformed)?;
        let claims = self.signed_claims(token, header.kid.as_deref())?;
        let is_account_token = claims.p.as_deref().is_none_or(|kind| kind == KIND);
        // No critical extension is understood here (RFC 7515, 4.1.11). jku, jwk and x5u are never looked at.
        if header.crit.is_some()
            || !is_account_token
            || claims.not_before() > now.saturating_add(self.skew)
        {
            return Err(AuthError::Malformed);
        }
        match claims.expires() {
            None => Err(AuthError::Malformed),
            Some(expires) if expires <= now => Err(AuthError::Expired),
            Some(_) => Ok(claims),
        }
    }

    /// The claims, if the secret that `id` names made the signature; without a name (tokens had none once), if any secret did.
    fn signed_claims(&self, token: &str, id: Option<&str>) -> Result<Claims, AuthError> {
        let named = |key: &&Key| id.is_none_or(|id| key.id == id);
        for key in self.keys.iter().filter(named) {
            match jsonwebtoken::decode(token, &key.verifying, &self.validation) {
                Ok(data) => return Ok(data.claims),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => return Err(AuthError::Malformed),
            }
        }
        Err(AuthError::BadSignature)
    }

    fn sign(&self, claims: &Claims) -> Result<String, AuthError> {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = self.keys.first().map(|key| key.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| AuthError::Malformed)
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
    use crate::config::{Config, Secret};

    const NOW: u64 = 1_764_547_200;
    const ID: &str = "676194953a7502baafacc887";

    const OURS: &str = "0123456789abcdef0123456789abcdef";
    const ANOTHER: &str = "another secret of 32 bytes or so";

    fn tokens(secret: &str) -> Tokens {
        rotated(secret, &[])
    }

    fn rotated(secret: &str, previous: &[&str]) -> Tokens {
        let mut config = Config::defaults().unwrap().auth;
        config.secret = Secret::new(secret);
        config.previous_secrets = previous.iter().map(|text| Secret::new(*text)).collect();
        let secrets = Secrets::load(&config, std::path::Path::new("")).unwrap();
        Tokens::new(&secrets, config.clock_skew)
    }

    fn ours() -> Tokens {
        tokens(OURS)
    }

    /// A token with these claims, signed by us, as before tokens named their secret.
    fn signed(claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &ours().signing).unwrap()
    }

    fn client() -> Client {
        Client {
            id: ID.parse().unwrap(),
            name: "n".into(),
            email: None,
            phone: None,
            token_phrase: "phrase".into(),
            tokens_from: None,
            disabled: false,
            settings: json!({}),
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
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
        let client = client();
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
            tokens(ANOTHER).verify_at(&token, NOW).unwrap_err(),
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
        header.jku = Some("http://127.0.0.1:1/keys".into());
        header.x5u = Some("http://127.0.0.1:1/cert".into());
        let forged =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(foreign)).unwrap();
        assert_eq!(
            ours().verify_at(&forged, NOW).unwrap_err(),
            AuthError::BadSignature
        );
        // Such headers in a token of ours change nothing; a critical one is not understood.
        let kept = jsonwebtoken::encode(&header, &claims, &ours().signing).unwrap();
        assert!(ours().verify_at(&kept, NOW).is_ok());
        header.crit = Some(vec!["exp".into()]);
        let critical = jsonwebtoken::encode(&header, &claims, &ours().signing).unwrap();
        assert_eq!(
            ours().verify_at(&critical, NOW).unwrap_err(),
            AuthError::Malformed
        );
    }

    #[test]
    fn a_rotated_secret_verifies_until_it_is_removed() {
        let claims = with(json!({}));
        let (nameless, named) = (
            signed(&claims),
            ours().issue(&client(), Duration::from_secs(60)).unwrap(),
        );
        let both = rotated(ANOTHER, &[OURS]);
        assert!(both.verify_at(&nameless, NOW).is_ok());
        assert!(both.verify(&named).is_ok());
        // What is signed now is signed with the new secret.
        let fresh = both.issue(&client(), Duration::from_secs(60)).unwrap();
        assert!(tokens(ANOTHER).verify(&fresh).is_ok());
        assert_eq!(ours().verify(&fresh).unwrap_err(), AuthError::BadSignature);
        for removed in [&nameless, &named] {
            let error = tokens(ANOTHER).verify_at(removed, NOW).unwrap_err();
            assert_eq!(error, AuthError::BadSignature);
        }
    }

    #[test]
    fn a_token_is_verified_with_the_secret_that_it_names_and_no_other() {
        let claims = with(json!({}));
        let both = rotated(OURS, &[ANOTHER]);
        let ids: Vec<String> = both.keys.iter().map(|key| key.id.clone()).collect();
        let token = |id: &str| {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(id.to_owned());
            jsonwebtoken::encode(&header, &claims, &both.signing).unwrap()
        };
        assert!(both.verify_at(&token(&ids[0]), NOW).is_ok());
        for wrong in [ids[1].as_str(), "", "0123456789abcdef", "../../../dev/null"] {
            let error = both.verify_at(&token(wrong), NOW).unwrap_err();
            assert_eq!(error, AuthError::BadSignature, "{wrong:?}");
        }
        assert!(
            both.verify_at(&raw(&json!({"alg": "HS256", "kid": 1}), &claims, "x"), NOW)
                .is_err()
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
