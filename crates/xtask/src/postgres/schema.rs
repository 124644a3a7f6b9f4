//! A schema of one's own in a Postgres.

use anyhow::Result;

use super::psql::ask;

/// A schema that goes with this value.
#[derive(Debug)]
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// Makes the schema `name` in the server at the address `server`.
    ///
    /// # Errors
    /// What `psql` says.
    pub fn create(server: &str, name: &str) -> Result<Self> {
        ask(server, &format!("CREATE SCHEMA {name}"))?;
        Ok(Self {
            server: server.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Address with user and password whose tables are in the schema.
    pub fn url(&self) -> String {
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
        let _gone = ask(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}
