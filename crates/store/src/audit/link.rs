//! The hash that ties a record to the one before, and the seal.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::ZeroizeOnDrop;

use super::Verification;
use crate::query::to_millis;

/// Bytes of a key's hash by which the key is recognised.
pub(crate) const KEY_NAME: usize = 8;

/// The hash of a record and all before it: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub(crate) [u8; 32]);

impl AuditHash {
    /// In hexadecimal.
    #[must_use]
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Proof that whoever wrote a record had the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    pub(crate) key: [u8; KEY_NAME],
    pub(crate) mac: [u8; 32],
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// The key of the seals; wiped from memory when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SealKey([u8; 64]);

impl SealKey {
    /// Of 64 secret bytes.
    #[must_use]
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    fn name(&self) -> [u8; KEY_NAME] {
        let hash = Sha256::new()
            .chain_update(b"rostro audit seal key\0")
            .chain_update(self.0)
            .finalize();
        let mut name = [0; KEY_NAME];
        name.copy_from_slice(&hash[..KEY_NAME]);
        name
    }

    fn mac(&self, hash: AuditHash) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(&hash.0);
        mac
    }

    /// Seals a hash.
    pub(crate) fn seal(&self, hash: AuditHash) -> Seal {
        Seal {
            key: self.name(),
            mac: self.mac(hash).finalize().into_bytes().into(),
        }
    }

    /// Whether this key made the seal of `hash`; nothing when the seal is said to be of another key.
    #[must_use]
    pub fn made(&self, seal: &Seal, hash: AuditHash) -> Option<bool> {
        (seal.key == self.name()).then(|| self.mac(hash).verify_slice(&seal.mac).is_ok())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

/// The hash of record `seq`, which stands behind `before`. Every field has its length in front, so that no two records have the
/// same bytes.
pub(crate) fn link(before: AuditHash, seq: i64, record: &Verification) -> AuditHash {
    let mut hash = Sha256::new();
    hash.update(b"rostro audit record, version 1\0");
    hash.update(before.0);
    hash.update(seq.to_be_bytes());
    hash.update(to_millis(record.created_at).to_be_bytes());
    let mut field = |text: Option<&str>| {
        // What is absent is not what is empty.
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(text.unwrap_or_default());
    };
    let persons: Vec<String> = record.persons.iter().map(ToString::to_string).collect();
    field(Some(&record.id.to_string()));
    field(Some(&record.client.to_string()));
    field(Some(&record.kind));
    field(Some(&canonical(&record.details)));
    field(Some(&persons.join(",")));
    field(record.model.as_deref());
    field(Some(&record.credential));
    field(record.address.as_deref());
    field(Some(&record.request_id));
    AuditHash(hash.finalize().into())
}

/// JSON as the databases give it back, whatever they do with the order of members and the spelling of numbers.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            // 5.0 may come back as 5, and -0.0 as 0.
            (None, Some(real)) if real.fract() == 0.0 && real.abs() < 1e15 => {
                (real as i64).to_string()
            }
            (None, Some(real)) => format!("{real:e}"),
            (None, None) => number.to_string(),
        },
        Value::String(_) | Value::Bool(_) | Value::Null => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;
    use crate::ids::{ClientId, PersonId, VerificationId};

    fn record() -> Verification {
        Verification {
            id: VerificationId::random(),
            client: ClientId::random(),
            kind: "search".into(),
            details: json!({ "score": 0.25, "passed": true }),
            persons: vec![PersonId::random()],
            model: Some("00".into()),
            credential: "token".into(),
            address: Some("192.0.2.1".into()),
            request_id: "r".into(),
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    const START: AuditHash = AuditHash([0; 32]);

    #[test]
    fn every_field_counts() {
        let plain = record();
        let hash = link(START, 1, &plain);
        let changes: [fn(&mut Verification); 10] = [
            |record| record.id = VerificationId::random(),
            |record| record.client = ClientId::random(),
            |record| record.kind = "compare".into(),
            |record| record.details = json!({ "score": 0.26, "passed": true }),
            |record| record.persons.clear(),
            |record| record.model = None,
            |record| record.credential = "key:1".into(),
            |record| record.address = None,
            |record| record.request_id.push('x'),
            |record| record.created_at += time::Duration::milliseconds(1),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = plain.clone();
            change(&mut changed);
            assert_ne!(link(START, 1, &changed), hash, "change {number}");
        }
        assert_ne!(link(START, 2, &plain), hash);
        assert_ne!(link(hash, 1, &plain), hash);
        // Moving text from one field to the next is a change.
        let (mut one, mut two) = (plain.clone(), plain.clone());
        (one.credential, one.address) = ("ab".into(), Some("c".into()));
        (two.credential, two.address) = ("a".into(), Some("bc".into()));
        assert_ne!(link(START, 1, &one), link(START, 1, &two));
    }

    #[test]
    fn json_is_the_same_however_it_is_spelt() {
        let one = json!({ "b": [1.0, -0.0, 0.1], "a": "\"" });
        let two: Value = serde_json::from_str(r#"{"a": "\"", "b": [1, 0, 1e-1]}"#).unwrap();
        assert_eq!(canonical(&one), canonical(&two));
        assert_eq!(canonical(&one), r#"{"a":"\"","b":[1,0,1e-1]}"#);
    }

    #[test]
    fn a_seal_is_of_its_key_and_its_hash() {
        let (one, two) = (SealKey::new([1; 64]), SealKey::new([2; 64]));
        let hash = link(START, 1, &record());
        let seal = one.seal(hash);
        assert_eq!(one.made(&seal, hash), Some(true));
        assert_eq!(one.made(&seal, START), Some(false));
        assert_eq!(two.made(&seal, hash), None);
        // A forger can name the key, but not seal with it.
        let forged = Seal {
            key: seal.key,
            ..two.seal(hash)
        };
        assert_eq!(one.made(&forged, hash), Some(false));
    }
}
