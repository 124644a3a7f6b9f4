//! A command that prints the master key: the way to a key management service.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;
use zeroize::Zeroizing;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it prints. Its stderr goes to that of the server.
pub(super) async fn run(command: &[String]) -> Result<Zeroizing<String>, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("encryption.command is empty".to_owned());
    };
    let failed = |error: std::io::Error| {
        format!(
            "the command of encryption.command cannot be run: {}",
            error.kind()
        )
    };
    let running = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let output = tokio::time::timeout(PATIENCE, running.wait_with_output())
        .await
        .map_err(|_| "the command of encryption.command took longer than 30 seconds".to_owned())?
        .map_err(failed)?;
    let printed = Zeroizing::new(String::from_utf8(output.stdout).unwrap_or_default());
    if output.status.success() {
        Ok(printed)
    } else {
        Err(format!(
            "the command of encryption.command failed: {}",
            output.status
        ))
    }
}
