//! Ctrl-C and SIGTERM: passed on to the tests, so that this process can tidy up after them.

use std::{
    io::{IsTerminal as _, stdin},
    os::unix::process::CommandExt as _,
    process::{Command, ExitStatus},
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
};

use anyhow::{Context as _, Result};

/// How often a signal has come.
static SIGNALS: AtomicU32 = AtomicU32::new(0);
/// Who signals are passed on to, as `kill` takes it: a process, negative for a process group, 0 for nobody.
static TARGET: AtomicI64 = AtomicI64::new(0);

/// Proof that signals no longer end this process at once.
#[derive(Debug)]
pub struct Interrupt(());

impl Interrupt {
    /// From now on a signal is noted and passed on instead of ending this process.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn install() -> Result<Self> {
        ctrlc::set_handler(|| {
            SIGNALS.fetch_add(1, Ordering::SeqCst);
            pass_on();
        })
        .context("the handler for Ctrl-C cannot be set")?;
        Ok(Self(()))
    }

    /// Whether a signal has come.
    pub fn happened(&self) -> bool {
        SIGNALS.load(Ordering::SeqCst) > 0
    }

    /// Runs `command` to its end, passing signals on to it.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run(&self, mut command: Command) -> Result<ExitStatus> {
        // In a group of its own all its processes can be reached. On a terminal that would put it in the background,
        // where touching the terminal stops it; there Ctrl-C reaches all of them anyway.
        let apart = !stdin().is_terminal();
        if apart {
            command.process_group(0);
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .spawn()
            .with_context(|| format!("{program} cannot be run"))?;
        let id = i64::from(child.id());
        TARGET.store(if apart { -id } else { id }, Ordering::SeqCst);
        if self.happened() {
            pass_on();
        }
        let status = child.wait();
        // Before its number can belong to another process.
        TARGET.store(0, Ordering::SeqCst);
        status.with_context(|| format!("{program} cannot be waited for"))
    }
}

/// The first time politely.
fn pass_on() {
    let target = TARGET.load(Ordering::SeqCst);
    if target == 0 {
        return;
    }
    let again = SIGNALS.load(Ordering::SeqCst) > 1;
    let signal = if again { "KILL" } else { "TERM" };
    // The shell's `kill`: the program of that name is not on every machine. Somebody who is gone is no error.
    let _gone = Command::new("sh")
        .args(["-c", "kill -s $0 -- $1 2>/dev/null"])
        .args([signal, &target.to_string()])
        .status();
}
