//! What the user sees: progress bars on a terminal, plain lines elsewhere. Everything goes to stderr.

use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use xtask::report::line;

/// A bar over `total` things; invisible when stderr is not a terminal.
pub(crate) fn count_bar(name: &str, total: usize) -> ProgressBar {
    // A template with a fault would only cost the looks.
    let style = ProgressStyle::with_template(
        "  {msg:34} {bar:30} {pos:>6} of {len}  {elapsed}, {eta} left",
    );
    ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(name.to_owned())
}
