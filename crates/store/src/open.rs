//! Opening a database by its address.

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::db::Database;
use crate::error::StoreError;
use crate::sql::follow;

/// Which database is behind a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, embedded in this process.
    Sqlite,
    /// A server, which several nodes may share.
    Postgres,
}

/// How to use the database. The defaults fit a server with a few tens of concurrent requests.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections of this node; SQLite uses one of them for writing.
    pub max_connections: u32,
    /// How long a call waits for a free connection to Postgres before it is `Unavailable`.
    pub acquire_timeout: Duration,
    /// How long one transaction may take before it is given up.
    pub operation_timeout: Duration,
    /// How often to look for changes of other nodes when no notification came.
    pub poll_interval: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(2),
            operation_timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// Opens `sqlite://path` (the file, readable by its owner alone, and its folder are made when absent) or
/// `postgres://user@host/database`, and brings its schema up to date.
///
/// # Errors
/// `Address` for an address of another kind, `Unavailable` when the database cannot be reached, `Migration` when its
/// schema is newer than this program or cannot be changed.
pub async fn open(url: &str, options: &StoreOptions) -> Result<Arc<dyn Catalog>, StoreError> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    let database = match scheme {
        Some("sqlite") => Database::open_sqlite(url, options).await?,
        Some("postgres" | "postgresql") => Database::open_postgres(url, options).await?,
        _ => {
            return Err(StoreError::Address(
                "it begins with neither sqlite:// nor postgres://",
            ));
        }
    };
    follow::start(&database, options.poll_interval);
    Ok(Arc::new(database))
}
