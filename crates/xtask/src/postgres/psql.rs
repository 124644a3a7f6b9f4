//! SQL by `psql`.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::program;

/// Runs a statement in the server at the address `server`; what it tells, without names of columns.
///
/// # Errors
/// What `psql` says.
pub(crate) fn ask(server: &str, statement: &str) -> Result<String> {
    let mut url = Url::parse(server).context("the address of Postgres is not a URL")?;
    let mut psql = Command::new(program::psql());
    // Whoever lists processes sees their arguments.
    if let Some(password) = url.password() {
        let password = percent_decode_str(password).decode_utf8()?.into_owned();
        psql.env("PGPASSWORD", password);
    }
    let _has_a_host = url.set_password(None);
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .args(["--tuples-only", "--no-align"])
        .args(["--command", statement, "--dbname", url.as_str()])
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .stdin(Stdio::null());
    let output = psql
        .output()
        .context("psql, the client of PostgreSQL, cannot be run")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("psql: {}", text.lines().next().unwrap_or("no reason given"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
