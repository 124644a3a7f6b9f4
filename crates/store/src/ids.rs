//! Identifiers: 24 hex digits for accounts, persons and collections, UUIDs for collection codes and faces.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// A text that is not an identifier of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct InvalidId;

/// 12 bytes: 4 of seconds and 2 of their fraction, big-endian, so that ids made later sort later; then 6 random ones.
fn random_bytes() -> [u8; 12] {
    let now = OffsetDateTime::now_utc();
    let seconds = now.unix_timestamp().rem_euclid(1 << 32) as u32;
    let fraction = (u64::from(now.nanosecond()) * (1 << 16) / 1_000_000_000) as u16;
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&seconds.to_be_bytes());
    bytes[4..6].copy_from_slice(&fraction.to_be_bytes());
    bytes[6..].copy_from_slice(&rand::random::<[u8; 6]>());
    bytes
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Exactly `N` bytes in hex digits of either case.
fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], InvalidId> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return Err(InvalidId);
    }
    let value = |digit: u8| char::from(digit).to_digit(16).ok_or(InvalidId);
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
    }
    Ok(bytes)
}

/// Display, Debug, FromStr and serde (as text) of an identifier, from `$show` and `$parse`.
macro_rules! text_form {
    ($name:ident, $show:expr, $parse:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&$name, &mut fmt::Formatter<'_>) -> fmt::Result = $show;
                show(self, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let parse: fn(&str) -> Result<$name, InvalidId> = $parse;
                parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 12]);

        impl $name {
            /// A new id: the time and 6 random bytes.
            pub fn random() -> Self {
                Self(random_bytes())
            }

            /// The twelve bytes that the hex digits stand for.
            pub fn bytes(&self) -> &[u8; 12] {
                &self.0
            }
        }

        impl From<[u8; 12]> for $name {
            fn from(bytes: [u8; 12]) -> Self {
                Self(bytes)
            }
        }

        text_form!($name, |id, f| write_hex(&id.0, f), |text| parse_hex(text).map($name));
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new random id (UUID v4).
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The UUID itself.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        text_form!(
            $name,
            |id, f| fmt::Display::fmt(&id.0.hyphenated(), f),
            // `Uuid` alone would also take braces, URNs and missing hyphens.
            |text| match text.len() {
                36 => text.parse().map($name).map_err(|_| InvalidId),
                _ => Err(InvalidId),
            }
        );
    };
}

hex_id! {
    /// An account.
    ClientId
}
hex_id! {
    /// A person; `_id` in stored objects and `id` in matches.
    PersonId
}
hex_id! {
    /// A collection, as it is addressed in paths.
    CollectionId
}
hex_id! {
    /// A key of the `x-api-key` dialects; not the key itself.
    ApiKeyId
}
hex_id! {
    /// A record of the audit of biometric calls.
    VerificationId
}
uuid_id! {
    /// A collection, as it is addressed in searches and in `person.collections`.
    CollectionCode
}
uuid_id! {
    /// An enrolled face; the `id` of a thumbnail.
    FaceId
}

/// The model that made a template: the SHA-256 of its file, 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId([u8; 32]);

impl ModelId {
    /// The digest itself.
    pub fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ModelId {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

text_form!(ModelId, |id, f| write_hex(&id.0, f), |text| parse_hex(text)
    .map(ModelId));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = PersonId::random();
        let text = id.to_string();
        assert_eq!(text.len(), 24);
        assert_eq!(text, text.to_lowercase());
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        let code = CollectionCode::random();
        assert_eq!(code.to_string().parse(), Ok(code));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<PersonId>(&format!("\"{text}\"")).unwrap(),
            id
        );
    }

    #[test]
    fn other_texts_are_refused() {
        let long = "0".repeat(25);
        for text in [
            "",
            "0",
            "zz6194953a7502baafacc887",
            "6761 4953a7502baafacc887",
            "ñ76194953a7502baafacc88",
            long.as_str(),
        ] {
            assert_eq!(text.parse::<PersonId>(), Err(InvalidId), "{text:?}");
        }
        for text in [
            "",
            "073c04bf190a4259957e09c270f2eb03",
            "{073c04bf-190a-4259-957e-09c270f2eb03}",
            "not-a-uuid",
        ] {
            assert_eq!(text.parse::<FaceId>(), Err(InvalidId), "{text:?}");
        }
    }

    #[test]
    fn ids_differ_and_carry_the_time() {
        let (one, two) = (ClientId::random(), ClientId::random());
        assert_ne!(one, two);
        assert_ne!(one.0[..4], [0; 4]);
    }
}
