//! A Postgres for the tests: the one that is given, else a private one that lives as long as the value.

mod pgvector;
mod program;
mod psql;
mod schema;
mod server;

use std::{env, path::Path};

use anyhow::Result;
use tempfile::TempDir;

use crate::report;
pub use psql::ask;
pub use schema::Schema;
pub use server::{Server, Stop, free_port};

/// A Postgres to test with.
#[derive(Debug)]
pub enum Postgres {
    /// Somebody else's.
    Given(String),
    /// Started here; stops when dropped.
    Own(Server),
}

impl Postgres {
    /// Address with user and password, for a user that may create databases.
    pub fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Own(server) => server.url(),
        }
    }
}

/// The Postgres at `ROSTRO_TEST_POSTGRES_URL`, else a new one; `cache` remembers what runs, so that what a killed run
/// left is stopped by the next.
///
/// # Errors
/// One sentence that says what to do.
pub fn provide(cache: &Path) -> Result<Postgres> {
    if let Some(url) = env::var("ROSTRO_TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
    {
        report::line("  Postgres from ROSTRO_TEST_POSTGRES_URL");
        return Ok(Postgres::Given(url));
    }
    let register = cache.join("test-postgres");
    server::stop_stale(&register);
    let programs = program::find_or_install()?;
    let server = Server::start(&programs, &register, false)?;
    report::line(format_args!(
        "  Postgres started on 127.0.0.1:{}",
        server.port()
    ));
    Ok(Postgres::Own(server))
}

/// A Postgres with pgvector.
#[derive(Debug)]
pub struct WithPgvector {
    // Stops before its programs go.
    postgres: Postgres,
    _programs: Option<TempDir>,
}

impl WithPgvector {
    /// Address with user and password, for a user that may create extensions.
    pub fn url(&self) -> &str {
        self.postgres.url()
    }
}

/// The Postgres with pgvector at `ROSTRO_TEST_PGVECTOR_URL`, else a new one, whose programs come from the package index.
///
/// # Errors
/// One sentence that says what to do.
pub fn with_pgvector(cache: &Path) -> Result<WithPgvector> {
    let given = env::var("ROSTRO_TEST_PGVECTOR_URL").ok();
    if let Some(url) = given.filter(|url| !url.is_empty()) {
        report::line("  Postgres with pgvector from ROSTRO_TEST_PGVECTOR_URL");
        return Ok(WithPgvector {
            postgres: Postgres::Given(url),
            _programs: None,
        });
    }
    let register = cache.join("test-pgvector");
    server::stop_stale(&register);
    let programs = pgvector::unpack(cache)?;
    let server = Server::start(&programs.path().join(pgvector::PROGRAMS), &register, false)?;
    report::line(format_args!(
        "  Postgres with pgvector started on 127.0.0.1:{}",
        server.port()
    ));
    Ok(WithPgvector {
        postgres: Postgres::Own(server),
        _programs: Some(programs),
    })
}

/// Whether Postgres's programs are on this machine.
#[must_use]
pub fn is_installed() -> bool {
    program::find().is_some()
}

/// A Postgres of one's own, which keeps what it has committed when it crashes; `folder` remembers what runs.
///
/// # Errors
/// One sentence that says what to do.
pub fn private(folder: &Path) -> Result<Server> {
    let register = folder.join("test-postgres");
    server::stop_stale(&register);
    Server::start(&program::find_or_install()?, &register, true)
}
