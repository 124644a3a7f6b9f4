//! Tests that take long: all of what they look at with `cargo xtask test --all`, a fixed part of it otherwise.

use std::env;

/// Set by `cargo xtask test --all`; can be set for `cargo test` as well.
pub const VARIABLE: &str = "ROSTRO_TEST_ALL";

/// Whether a test is to look at everything.
#[must_use]
pub fn wanted() -> bool {
    env::var(VARIABLE).is_ok_and(|value| !["", "0", "false", "no"].contains(&value.as_str()))
}
