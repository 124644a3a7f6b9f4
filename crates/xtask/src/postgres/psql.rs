//! SQL by `psql`.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;

use super::program;

/// Runs a statement in the server at the address `server`; what it tells, without names of columns.
///
/// # Errors
/// What `psql` says.
pub fn ask(server: &str, statement: &str) -> Result<String> {
    let (url, password) = split(server);
    let mut psql = Command::new(program::psql());
    // Whoever lists processes sees their arguments.
    if let Some(password) = password {
        psql.env(
            "PGPASSWORD",
            percent_decode_str(password).decode_utf8()?.as_ref(),
        );
    }
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .args(["--tuples-only", "--no-align"])
        .args(["--command", statement, "--dbname", &url])
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

/// The address without its password, and the password as it is written there.
fn split(server: &str) -> (String, Option<&str>) {
    let parts = || {
        let (scheme, rest) = server.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@')?;
        let (user, password) = user.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}{tail}"), password))
    };
    match parts() {
        Some((url, password)) => (url, Some(password)),
        None => (server.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_of_the_address() {
        for (server, url, password) in [
            (
                "postgres://rostro:a%40b:c@127.0.0.1:5432/postgres?options=-csearch_path%3Dx",
                "postgres://rostro@127.0.0.1:5432/postgres?options=-csearch_path%3Dx",
                Some("a%40b:c"),
            ),
            ("postgres://u:p@h", "postgres://u@h", Some("p")),
            (
                "postgres://h/db?user=a:b@c",
                "postgres://h/db?user=a:b@c",
                None,
            ),
            ("postgres://u@h/db", "postgres://u@h/db", None),
        ] {
            assert_eq!(split(server), (url.to_owned(), password));
        }
    }
}
