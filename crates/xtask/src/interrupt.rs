//! Ctrl-C and SIGTERM: passed on to the tests, so that this process can tidy up after them.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result};

/// How often a signal has come.
static SIGNALS: AtomicU32 = AtomicU32::new(0);
/// The process group to pass signals on to; 0 for none.
static GROUP: AtomicU32 = AtomicU32::new(0);

/// Proof that signals no longer end this process at once.
#[derive(Debug)]
pub(crate) struct Interrupt(());

impl Interrupt {
    /// From now on a signal is noted and passed on instead of ending this process.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub(crate) fn install() -> Result<Self> {
        ctrlc::set_handler(|| {
            SIGNALS.fetch_add(1, Ordering::SeqCst);
            signal_group();
        })
        .context("the handler for Ctrl-C cannot be set")?;
        Ok(Self(()))
    }

    /// Whether a signal has come.
    pub(crate) fn happened(&self) -> bool {
        SIGNALS.load(Ordering::SeqCst) > 0
    }

    /// Names the process group that signals are passed on to, those that have come already included; 0 for none.
    pub(crate) fn pass_on_to(&self, group: u32) {
        GROUP.store(group, Ordering::SeqCst);
        if self.happened() {
            signal_group();
        }
    }
}

/// The first time politely.
fn signal_group() {
    let group = GROUP.load(Ordering::SeqCst);
    if group > 0 {
        let signal = if SIGNALS.load(Ordering::SeqCst) > 1 {
            "KILL"
        } else {
            "INT"
        };
        // The shell's `kill`: the program of that name is not on every machine. A group that is gone is no error.
        let _gone = Command::new("sh")
            .args([
                "-c",
                "kill -s $0 -- -$1 2>/dev/null",
                signal,
                &group.to_string(),
            ])
            .status();
    }
}
