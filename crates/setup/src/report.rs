//! What the user sees: progress bars on a terminal, plain lines elsewhere. Everything goes to stderr.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Says one line.
#[expect(clippy::print_stderr, reason = "what a command says of its work")]
pub(crate) fn line(text: impl Display) {
    eprintln!("{text}");
}

/// Says something that must not be overlooked.
pub(crate) fn warning(text: impl Display) {
    line(format_args!("\nWARNING: {text}\n"));
}

/// A bar over `total` bytes, or a counter when the size is not known; invisible when stderr is not a terminal.
pub(crate) fn bytes_bar(name: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "  {msg:34} {bar:30} {bytes:>10} of {total_bytes}  {bytes_per_sec}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "  {msg:34} {spinner} {bytes:>10}  {bytes_per_sec}",
        ),
    };
    styled(bar, template, name)
}

/// A spinner for work of unknown length; a line when stderr is not a terminal.
pub(crate) fn spinner(name: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        line(format_args!("  {name}"));
    }
    let bar = styled(
        ProgressBar::new_spinner(),
        "  {msg} {spinner} {elapsed}",
        name,
    );
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// `bytes` for people, in KiB and MiB.
pub(crate) fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

fn styled(bar: ProgressBar, template: &str, name: &str) -> ProgressBar {
    // A template with a fault would only cost the looks.
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(name.to_owned())
}
