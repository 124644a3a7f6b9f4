//! A schema of one's own in a Postgres.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::program;

/// A schema that goes with this value.
#[derive(Debug)]
pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// Makes the schema `name` in the server at the address `server`.
    ///
    /// # Errors
    /// What `psql` says.
    pub(crate) fn create(server: &str, name: &str) -> Result<Self> {
        run(server, &format!("CREATE SCHEMA {name}"))?;
        Ok(Self {
            server: server.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Address with user and password whose tables are in the schema.
    pub(crate) fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        format!(
            "{}{separator}options=-csearch_path%3D{}",
            self.server, self.name
        )
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A server that is gone took it along.
        let _gone = run(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

fn run(server: &str, statement: &str) -> Result<()> {
    let mut url = Url::parse(server).context("the address of Postgres is not a URL")?;
    let mut psql = Command::new(program::psql());
    // Whoever lists processes sees their arguments.
    if let Some(password) = url.password() {
        let password = percent_decode_str(password).decode_utf8()?.into_owned();
        psql.env("PGPASSWORD", password);
    }
    let _has_a_host = url.set_password(None);
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
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
    Ok(())
}
