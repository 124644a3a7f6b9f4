//! What a test of a promise counted, for docs/SECURITY-TESTS.md.

use std::{env, fs::File, io::Write as _};

/// Notes a figure in the file that `cargo xtask torture --all` names; nothing when nobody asks.
pub fn figure(promise: &str, figure: &str) {
    let Some(path) = env::var_os("ROSTRO_FIGURES") else {
        return;
    };
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    // One write a line: tests of several threads share the file.
    file.write_all(format!("{promise}\t{figure}\n").as_bytes())
        .unwrap();
}
