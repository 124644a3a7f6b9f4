//! Tokens and keys in headers.

use std::{path::Path, sync::LazyLock};

use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use service::{
    Config,
    auth::{API_KEY, Secrets, Tokens, bearer, key_of},
    config::Secret,
};

const SECRET: &str = "the secret that signs in the fuzzer";

/// None only where the settings do not load.
pub(super) static TOKENS: LazyLock<Option<Tokens>> = LazyLock::new(|| {
    let mut settings = Config::defaults().ok()?.auth;
    settings.secret = Secret::new(SECRET);
    let secrets = Secrets::load(&settings, Path::new("")).ok()?;
    Some(Tokens::new(&secrets, settings.clock_skew))
});

/// The bytes as the value of `Authorization` and `x-api-key`, and as header and claims of a token with the right signature: the first
/// line is the header, the rest the claims. Without the secret nothing is taken; with it only HS256, no critical extension, and an end.
pub fn authorization(data: &[u8]) {
    let Some(tokens) = TOKENS.as_ref() else {
        return;
    };
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value.clone()), (API_KEY, value)]);
        if let Ok(token) = bearer(&headers) {
            assert!(
                !token.is_empty() && tokens.verify(token).is_err(),
                "a forged token"
            );
        }
        let _ = key_of(&headers);
    }
    let end = data.iter().position(|byte| *byte == b'\n');
    let (header, claims) = data.split_at(end.unwrap_or(0));
    let claims = claims.strip_prefix(b"\n").unwrap_or(claims);
    if tokens.verify(&signed(header, claims)).is_ok() {
        let header: Value = serde_json::from_slice(header).unwrap_or_default();
        assert!(
            header["alg"] == "HS256" && header["crit"].is_null(),
            "{header}"
        );
        let claims: Value = serde_json::from_slice(claims).unwrap_or_default();
        assert!(
            claims["expiresAt"].is_u64() || claims["exp"].is_u64(),
            "{claims}"
        );
    }
}

/// A token of these parts, whatever they are, with the right signature.
pub(super) fn signed(header: &[u8], claims: &[u8]) -> String {
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        return text;
    };
    mac.update(text.as_bytes());
    format!(
        "{text}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}
