//! Opening a SQLite file.

use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

use super::transact::{Access, Dialect};
use super::{Database, Engine, Place, Session, from_sqlx};
use crate::error::{Cause, StoreError};
use crate::open::StoreOptions;

/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The queue of writers in this process. The file is never "away", so waiting is only ever waiting for one's turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);
const MIGRATION_ATTEMPTS: u32 = 5;
/// Between attempts of processes that open the same new file.
const OPENING_PAUSE: Duration = Duration::from_millis(50);

impl Dialect for Sqlite {
    fn begin(access: Access) -> Option<&'static str> {
        match access {
            Access::Look => None,
            Access::Read => Some("BEGIN"),
            // Takes the write lock at once: a transaction that reads first could not get it later.
            Access::Write => Some("BEGIN IMMEDIATE"),
        }
    }

    fn session(connection: &mut SqliteConnection) -> Session<'_> {
        Session::Sqlite(connection)
    }
}

impl Database {
    pub(crate) async fn open_sqlite(
        url: &str,
        options: &StoreOptions,
        place: Place,
    ) -> Result<Self, StoreError> {
        let connect = SqliteConnectOptions::from_str(url)
            .map_err(from_sqlx)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what was acknowledged survives a power cut, not only a crash.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            // What is deleted is overwritten: it is about people's faces, and about keys.
            .pragma("secure_delete", "on")
            .foreign_keys(true);
        let mut path = connect.get_filename().to_owned();
        if url.contains(":memory:") || url.contains("mode=memory") || path.as_os_str().is_empty() {
            return Err(StoreError::Address("SQLite needs a file: sqlite://path"));
        }
        let mut connect = connect;
        if let Place::Keys { beside, must_exist } = place {
            if beside {
                path = keys_beside(&path);
                connect = connect.filename(&path);
            }
            if must_exist && !path.exists() {
                return Err(StoreError::Encryption(format!(
                    "the database is encrypted, and its key store {} is not there (encryption.keys)",
                    path.display()
                )));
            }
        }
        create_private(&path).map_err(|error| {
            StoreError::Unavailable(Cause::new(format!("the database file: {}", error.kind())))
        })?;
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(QUEUE_TIMEOUT)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false);
        let writer = first(pool.clone().max_connections(1), connect.clone()).await?;
        if place == Place::Main {
            migrate(&writer).await?;
        }
        let readers = first(
            pool.max_connections(options.max_connections.saturating_sub(1).max(1)),
            connect.pragma("query_only", "on"),
        )
        .await?;
        Ok(Self::new(
            Engine::Sqlite { writer, readers },
            options.operation_timeout,
        ))
    }

    /// Takes what was overwritten out of the write-ahead log of SQLite too; false when somebody who reads stands in the way.
    pub(crate) async fn checkpoint(&self) -> bool {
        let Engine::Sqlite { writer, .. } = self.engine() else {
            return true;
        };
        let done = sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(writer)
            .await;
        matches!(done, Ok(0))
    }

    /// Writes the file of SQLite anew, so that nothing is left of what was deleted or overwritten before. Writers wait.
    pub(crate) async fn compact(&self) -> Result<(), StoreError> {
        if let Engine::Sqlite { writer, .. } = self.engine() {
            sqlx::query("VACUUM")
                .execute(writer)
                .await
                .map_err(from_sqlx)?;
        }
        if self.checkpoint().await {
            return Ok(());
        }
        Err(StoreError::Contended(Cause::new(
            "somebody reads the old state of the database",
        )))
    }
}

/// A pool with its first connection. Another process may be opening the same new file: SQLite answers at once, without the busy
/// time-out, to the second of two who turn on the write-ahead log.
async fn first(
    pool: SqlitePoolOptions,
    connect: SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    let since = Instant::now();
    loop {
        let outcome = pool.clone().connect_with(connect.clone()).await;
        match outcome.map_err(from_sqlx) {
            Err(StoreError::Contended(_)) if since.elapsed() < QUEUE_TIMEOUT => {
                tokio::time::sleep(OPENING_PAUSE).await;
            }
            result => return result,
        }
    }
}

/// Brings the schema up to date. Another process may be doing the same, and SQLite has no lock for it: who comes second
/// fails, and finds the work done when it looks again.
async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let migrator = super::migrations::sqlite();
    let mut attempt = 1;
    loop {
        match migrator.run(pool).await {
            Ok(()) => return Ok(()),
            Err(error) if attempt == MIGRATION_ATTEMPTS => {
                return Err(StoreError::Migration(Cause::new(error.to_string())));
            }
            Err(_) => tokio::time::sleep(OPENING_PAUSE * attempt).await,
        }
        attempt += 1;
    }
}

/// Where the key store of the file `NAME.db` is: `NAME-keys.db`.
fn keys_beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-keys.db"))
}

/// Makes the file, and its folder, if they are not there. It will hold biometric data, so nobody else may read it; SQLite
/// gives its side files the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut folder = DirBuilder::new();
    let mut file = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        folder.recursive(true).create(parent)?;
    }
    match file.write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
}
