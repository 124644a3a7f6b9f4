//! Master keys as text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use store::{MasterKey, MasterKeys};
use zeroize::Zeroizing;

/// Bytes of a key.
const LENGTH: usize = 32;

/// The keys of `text`: the current one first, then those before it, with white space between them. `whence` names the place in errors,
/// which never quote the text.
pub(super) fn keys(text: &str, whence: &str) -> Result<MasterKeys, String> {
    let wrong = || {
        format!(
            "{whence} holds something that is no master key: 64 hex digits or base64 of {LENGTH} bytes"
        )
    };
    let mut keys = Vec::new();
    for word in text.split_whitespace() {
        let bytes = bytes(word).ok_or_else(wrong)?;
        keys.push(MasterKey::new(&bytes).map_err(|error| error.to_string())?);
    }
    let mut keys = keys.into_iter();
    let current = keys
        .next()
        .ok_or_else(|| format!("{whence} holds no master key"))?;
    Ok(MasterKeys::new(current, keys))
}

fn bytes(word: &str) -> Option<Zeroizing<[u8; LENGTH]>> {
    let is_hex = word.len() == 2 * LENGTH && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let decoded = if is_hex {
        let digit = |at: usize| {
            word.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        };
        (0..LENGTH)
            .map(|number| digit(2 * number))
            .collect::<Option<Vec<u8>>>()
    } else {
        let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
        engines
            .into_iter()
            .find_map(|engine| engine.decode(word).ok())
    };
    let decoded = Zeroizing::new(decoded?);
    let mut bytes = Zeroizing::new([0; LENGTH]);
    (decoded.len() == LENGTH).then(|| {
        bytes.copy_from_slice(&decoded);
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_are_one_key() {
        let hex: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        let base64 = STANDARD.encode((0..32).collect::<Vec<u8>>());
        let id = |text: &str| keys(text, "x").unwrap().current().id();
        assert_eq!(id(&hex), id(&base64));
        assert_eq!(id(&hex.to_uppercase()), id(base64.trim_end_matches('=')));
        let both = format!("{base64}\n{}\n", "11".repeat(32));
        assert_eq!(keys(&both, "x").unwrap().ids().count(), 2);
        assert_eq!(id(&both), id(&hex));
    }

    #[test]
    fn anything_else_is_refused_without_being_shown() {
        for text in [
            "",
            " \n",
            "secret-text",
            &"zz".repeat(32),
            &"ab".repeat(31),
            &STANDARD.encode([1; 31]),
        ] {
            let error = keys(text, "the file").unwrap_err();
            assert!(error.starts_with("the file holds"));
            assert!(text.trim().is_empty() || !error.contains(text.trim()));
        }
    }
}
