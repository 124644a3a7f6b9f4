//! What proves that a question comes from a node, and an answer from the node that was asked.
//!
//! Nodes share the secret that signs tokens. A proof is an HMAC over the time and a hash of the body, under a key made from that secret: it is
//! worth nothing for another body, or a minute later, and gives nobody a token.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    auth::{Secrets, SigningSecret},
    hex::hex,
};

/// How far the clocks of two nodes may be apart.
const WINDOW: Duration = Duration::from_secs(30);

/// The keys of all secrets that are good, first the one that signs.
pub(crate) struct Keys(Vec<Zeroizing<[u8; 32]>>);

/// A proof of a question: `SECONDS:HASH:HMAC`, where the hash is the SHA-256 of the body. So a stranger is known before the body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof(String);

impl Keys {
    /// Made from the secrets, for this alone.
    pub(crate) fn new(secrets: &Secrets) -> Self {
        Self(secrets.all().map(key).collect())
    }

    /// The proof of a question at the time `now`, in seconds since 1970.
    pub(crate) fn prove(&self, now: u64, body: &[u8]) -> Proof {
        let head = format!("{now}:{}", hex(&Sha256::digest(body)));
        let mac = self.0.first().map(|key| question(key, &head).finalize());
        let mac = mac.map(|mac| hex(&mac.into_bytes()));
        Proof(format!("{head}:{}", mac.unwrap_or_default()))
    }

    /// `text` as a proof that counts at the time `now`; of which body is to be asked then.
    pub(crate) fn proves(&self, text: &str, now: u64) -> Option<Proof> {
        let (head, mac) = text.rsplit_once(':')?;
        let (time, _) = head.split_once(':')?;
        let (time, mac) = (time.parse::<u64>().ok()?, unhex(mac)?);
        if time.abs_diff(now) > WINDOW.as_secs() {
            return None;
        }
        let mut keys = self.0.iter();
        let known = keys.any(|key| question(key, head).verify_slice(&mac).is_ok());
        known.then(|| Proof(text.to_owned()))
    }

    /// What proves an answer to the question of this proof.
    pub(crate) fn seal(&self, asked: &Proof, body: &[u8]) -> String {
        let mac = self
            .0
            .first()
            .map(|key| hex(&answer(key, asked, body).finalize().into_bytes()));
        mac.unwrap_or_default()
    }

    /// Whether `text` proves it.
    pub(crate) fn seals(&self, text: &str, asked: &Proof, body: &[u8]) -> bool {
        unhex(text).is_some_and(|mac| {
            let mut keys = self.0.iter();
            keys.any(|key| answer(key, asked, body).verify_slice(&mac).is_ok())
        })
    }
}

impl Proof {
    /// As it travels.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the proof of this body.
    pub(crate) fn is_of(&self, body: &[u8]) -> bool {
        self.0.split(':').nth(1) == Some(&hex(&Sha256::digest(body)))
    }
}

fn key(secret: &SigningSecret) -> Zeroizing<[u8; 32]> {
    let hash = Sha256::new()
        .chain_update(b"rostro nodes, version 1\0")
        .chain_update(secret.bytes());
    Zeroizing::new(hash.finalize().into())
}

fn question(key: &[u8; 32], head: &str) -> Hmac<Sha256> {
    mac(key, &[b"question\0", head.as_bytes()])
}

fn answer(key: &[u8; 32], asked: &Proof, body: &[u8]) -> Hmac<Sha256> {
    mac(key, &[b"answer\0", asked.0.as_bytes(), b"\0", body])
}

fn mac(key: &[u8; 32], pieces: &[&[u8]]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    // A key as long as the hash's block: shorter ones are filled up with zeros all the same.
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for piece in pieces {
        mac.update(piece);
    }
    mac
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret};

    fn keys(secret: &str, previous: &[&str]) -> Keys {
        let mut config = Config::defaults().unwrap().auth;
        config.secret = Secret::new(secret);
        config.previous_secrets = previous.iter().map(|one| Secret::new(*one)).collect();
        Keys::new(&Secrets::load(&config, std::path::Path::new("/")).unwrap())
    }

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const TWO: &str = "another secret of 32 bytes or so";

    #[test]
    fn a_proof_is_of_one_body_one_time_and_one_secret() {
        let (keys, others) = (keys(ONE, &[]), keys(TWO, &[]));
        let proof = keys.prove(1000, b"body");
        for (body, now, good) in [
            (&b"body"[..], 1000, true),
            (b"body", 1030, true),
            (b"body", 970, true),
            (b"body", 1031, false),
            (b"body", 969, false),
            (b"bodY", 1000, false),
            (b"", 1000, false),
        ] {
            let proven = keys.proves(proof.as_str(), now);
            let proven = proven.is_some_and(|proof| proof.is_of(body));
            assert_eq!(proven, good, "{body:?} at {now}");
        }
        assert!(others.proves(proof.as_str(), 1000).is_none());
        let (head, mac) = proof.as_str().rsplit_once(':').unwrap();
        let (_, hash) = head.split_once(':').unwrap();
        let forged = [
            String::new(),
            "::".to_owned(),
            mac.to_owned(),
            format!("{head}:"),
            format!("{head}:00"),
            format!("x:{hash}:{mac}"),
            format!("1001:{hash}:{mac}"),
            format!("1000:{mac}:{mac}"),
            format!("{head}:{}", "é".repeat(32)),
        ];
        for forged in forged {
            assert!(keys.proves(&forged, 1000).is_none(), "{forged:?}");
        }
    }

    #[test]
    fn an_answer_is_to_one_question() {
        let keys = keys(ONE, &[]);
        let (asked, other) = (keys.prove(1000, b"a"), keys.prove(1000, b"b"));
        let seal = keys.seal(&asked, b"answer");
        assert!(keys.seals(&seal, &asked, b"answer"));
        assert!(!keys.seals(&seal, &other, b"answer") && !keys.seals(&seal, &asked, b"Answer"));
        // A question's proof is none of an answer.
        let (_, mac) = asked.as_str().rsplit_once(':').unwrap();
        assert!(!keys.seals(mac, &asked, b"a"));
    }

    #[test]
    fn nodes_understand_each_other_while_the_secret_is_changed() {
        let (before, after) = (keys(ONE, &[TWO]), keys(TWO, &[ONE]));
        for (from, to) in [(&before, &after), (&after, &before)] {
            let proof = from.prove(1000, b"body");
            let proof = to.proves(proof.as_str(), 1000).unwrap();
            assert!(from.seals(&to.seal(&proof, b"answer"), &proof, b"answer"));
        }
    }
}
