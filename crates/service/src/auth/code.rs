//! One-time login codes: how they are made, and what of them is kept.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256, Sha512};
use store::{ClientId, LoginChannel};
use zeroize::ZeroizeOnDrop;

use super::SigningSecret;

/// Digits of a code.
const DIGITS: usize = 6;

/// A code on its way to its owner; wiped from memory when dropped.
#[derive(ZeroizeOnDrop)]
pub struct LoginCode(String);

impl LoginCode {
    /// Six random digits. The first is never 0: some clients send the code as a number.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::rng().random_range(100_000_u32..=999_999).to_string())
    }

    /// The code that somebody typed; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let plausible = text.len() == DIGITS && text.bytes().all(|c| c.is_ascii_digit());
        plausible.then(|| Self(text.to_owned()))
    }

    /// The digits, for the message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginCode(***)")
    }
}

/// The key of the codes' hashes. A code is short: without the key, whoever reads the database could find it by trying.
#[derive(Clone, ZeroizeOnDrop)]
pub struct CodeKey([u8; 64]);

impl CodeKey {
    /// A key made from the signing secret: all nodes that accept each other's tokens accept each other's codes.
    #[must_use]
    pub fn new(secret: &SigningSecret) -> Self {
        let mut hash = Sha512::new();
        hash.update(b"rostro one-time login code, version 1\0");
        hash.update(secret.bytes());
        Self(hash.finalize().into())
    }

    /// What is kept of a code: HMAC-SHA-256 over whose it is and what it is.
    #[must_use]
    pub fn hash(&self, client: ClientId, channel: LoginChannel, code: &LoginCode) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(client.bytes());
        mac.update(match channel {
            LoginChannel::Email => b"e",
            LoginChannel::Phone => b"p",
        });
        mac.update(code.0.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Secret;

    fn key(secret: &str) -> CodeKey {
        CodeKey::new(&SigningSecret::load(&Secret::new(secret), Path::new("")).unwrap())
    }

    #[test]
    fn codes_are_six_digits_that_survive_being_a_number() {
        for _ in 0..200 {
            let code = LoginCode::random();
            let number: u32 = code.expose().parse().unwrap();
            assert_eq!(number.to_string(), code.expose());
            assert_eq!(LoginCode::parse(&format!(" {number}\n")).unwrap().0, code.0);
        }
        for text in ["", "12345", "1234567", "12345x", "１２３４５６"] {
            assert!(LoginCode::parse(text).is_none(), "{text}");
        }
        assert!(!format!("{:?}", LoginCode::random()).contains(char::is_numeric));
    }

    #[test]
    fn a_hash_depends_on_everything() {
        let ours = key("0123456789abcdef0123456789abcdef");
        let (client, code) = (ClientId::random(), LoginCode("123456".to_owned()));
        let hash = ours.hash(client, LoginChannel::Email, &code);
        assert_eq!(hash, ours.hash(client, LoginChannel::Email, &code));
        assert_ne!(hash, ours.hash(client, LoginChannel::Phone, &code));
        assert_ne!(
            hash,
            ours.hash(ClientId::random(), LoginChannel::Email, &code)
        );
        assert_ne!(
            hash,
            ours.hash(client, LoginChannel::Email, &LoginCode("123457".to_owned()))
        );
        let other = key("another secret of 32 bytes or so");
        assert_ne!(hash, other.hash(client, LoginChannel::Email, &code));
    }
}
