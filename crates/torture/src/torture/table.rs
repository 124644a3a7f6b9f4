//! docs/SECURITY-TESTS.md: what is promised, by which command it is tested, and what that counted.

use std::fmt::Write as _;

/// One line.
#[derive(Debug)]
pub(super) struct Row {
    /// What is promised.
    pub(super) promise: String,
    /// What tests it, by itself.
    pub(super) command: String,
    /// What was counted.
    pub(super) figure: String,
    /// Whether it held; `None` when it could not be tested.
    pub(super) held: Option<bool>,
}

/// The file. `about` says when and where it was made.
pub(super) fn text(rows: &[Row], about: &str) -> String {
    let mut text = format!(
        "# Security tests\n\nWhat is promised, the command that tests it, and what that counted. Written by `cargo xtask torture --all`; do not edit.\n\n\
         {about}\n\n| promise | command | figure | held |\n|---|---|---|---|\n"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} |",
            cell(&row.promise),
            cell(&row.command),
            cell(&row.figure),
            match row.held {
                Some(true) => "yes",
                Some(false) => "**NO**",
                None => "not tested",
            }
        );
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_a_row() {
        let row = Row {
            promise: "a | b".to_owned(),
            command: "c".to_owned(),
            figure: "one\ntwo".to_owned(),
            held: Some(false),
        };
        let text = text(&[row], "");
        assert!(
            text.ends_with("| a \\| b | `c` | one<br>two | **NO** |\n"),
            "{text}"
        );
    }
}
