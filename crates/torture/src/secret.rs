//! Secrets of servers that are there for a test.

/// A new one: two hex digits for each of so many bytes.
pub(crate) fn secret(bytes: usize) -> String {
    (0..bytes)
        .map(|_| format!("{:02x}", rand::random::<u8>()))
        .collect()
}
