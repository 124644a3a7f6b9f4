//! What the user sees. Everything goes to stderr.

use std::fmt::Display;

/// Says one line.
#[expect(clippy::print_stderr, reason = "what a command says of its work")]
pub fn line(text: impl Display) {
    eprintln!("{text}");
}
