//! A JSON value that borrows from the request's bytes, so that a picture of megabytes is not copied to be looked at.

use std::{borrow::Cow, cell::Cell, fmt};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use tokio::sync::Semaphore;

/// Values one body may hold. The longest honest body lists the persons of a collection whole, ten thousand at most; a body of empty lists
/// would otherwise take twenty times its size in memory.
const MAX_VALUES: usize = 250_000;

/// Keys one object may have: each field that a route knows is looked for among them.
const MAX_KEYS: usize = 1000;

/// Bodies of more bytes are read on another thread than those that serve all requests.
const LARGE: usize = 256 * 1024;

/// Large bodies that are read at a time.
static READERS: Semaphore = Semaphore::const_new(4);

/// Reads a body; a large one where that holds nobody up.
pub(crate) async fn read<T: Send + 'static>(
    body: Bytes,
    read: impl FnOnce(&Bytes) -> T + Send + 'static,
) -> T {
    if body.len() <= LARGE {
        return read(&body);
    }
    // Nobody closes it.
    let _turn = READERS.acquire().await;
    match tokio::task::spawn_blocking(move || read(&body)).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only at the end of the process.
            Err(_) => std::future::pending().await,
        },
    }
}

/// A JSON value. Strings without escapes borrow from the input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number, as JavaScript would read it.
    Number(f64),
    /// A string.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Value<'a>>),
    /// An object: keys in the order of the text, a repeated key repeated.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads one JSON document.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let left = Cell::new(MAX_VALUES);
        let value = Seed(&left).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

#[derive(Clone, Copy)]
struct Seed<'b>(&'b Cell<usize>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let left = self
            .0
            .get()
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom("too many values"))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if entries.len() >= MAX_KEYS {
                return Err(A::Error::custom("too many keys"));
            }
            entries.push((key, map.next_value_seed(self)?));
        }
        Ok(Value::Object(entries))
    }
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => b.as_f64() == Some(*a),
            (Value::String(a), serde_json::Value::String(b)) => a == b,
            (Value::Array(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, value)| {
                        b.get(key.as_ref()).is_some_and(|other| same(value, other))
                    })
            }
            _ => false,
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            (-1e9_f64..1e9).prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_reads(json in any_json()) {
            let text = serde_json::to_vec(&json).unwrap();
            let value = Value::parse(&text).unwrap();
            prop_assert!(same(&value, &json), "{value:?} is not {json}");
        }

        #[test]
        fn never_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let agreed = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
            prop_assert_eq!(Value::parse(&bytes).is_ok(), agreed);
        }
    }

    #[test]
    fn long_strings_are_borrowed() {
        let text = format!("{{\"image\":\"{}\"}}", "A".repeat(1 << 20));
        let Ok(Value::Object(entries)) = Value::parse(text.as_bytes()) else {
            panic!("an object was sent")
        };
        assert!(
            matches!(&entries[0].1, Value::String(Cow::Borrowed(image)) if image.len() == 1 << 20)
        );
    }

    #[test]
    fn escaped_slashes_of_php_are_read() {
        let value = Value::parse(br#""\/9j\/4AAQ""#).unwrap();
        assert_eq!(value, Value::String(Cow::Borrowed("/9j/4AAQ")));
    }

    #[test]
    fn a_flood_of_values_is_refused() {
        let flood = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert!(Value::parse(flood.as_bytes()).is_err());
        let keys = vec!["\"k\":0"; MAX_KEYS + 1].join(",");
        assert!(Value::parse(format!("{{{keys}}}").as_bytes()).is_err());
        let deep = "[".repeat(100_000);
        assert!(Value::parse(deep.as_bytes()).is_err());
    }
}
