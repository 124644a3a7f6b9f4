//! Opening a database by its address.

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::db::{Database, Place};
use crate::error::StoreError;
use crate::sql::{encryption, follow};
use crate::vault::{MasterKeySource, Vault};

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
    /// Whether persons are sealed; `None` stores them in the clear.
    pub encryption: Option<EncryptionOptions>,
}

/// How persons are sealed.
#[derive(Debug, Clone)]
pub struct EncryptionOptions {
    /// Address of the key store. `None`: for `sqlite://path/NAME.db` the file `NAME-keys.db` beside it, for Postgres the database
    /// `NAME_keys` of the same server, which is created when it is not there. It must be in no backup of the main database.
    pub keys: Option<String>,
    /// Where the master key comes from.
    pub source: Arc<dyn MasterKeySource>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(2),
            operation_timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(500),
            encryption: None,
        }
    }
}

/// Opens `sqlite://path` (the file, readable by its owner alone, and its folder are made when absent) or
/// `postgres://user@host/database`, and brings its schema up to date. With `options.encryption` persons who are stored from then on
/// are sealed; those who are there already are by [`Encryption::seal_some`](crate::Encryption::seal_some).
///
/// # Errors
/// `Address` for an address of another kind, `Unavailable` when the database cannot be reached, `Migration` when its
/// schema is newer than this program or cannot be changed, `Encryption` when the master key or the key store is missing or is not
/// the one with which the database was sealed.
pub async fn open(url: &str, options: &StoreOptions) -> Result<Arc<dyn Catalog>, StoreError> {
    let database = connect(url, options, Place::Main).await?;
    match &options.encryption {
        Some(wanted) => {
            let vault = open_vault(&database, url, options, wanted).await?;
            encryption::begin(&database, vault).await?;
        }
        None => encryption::refuse_sealed(&database).await?,
    }
    follow::start(&database, options.poll_interval);
    Ok(Arc::new(database))
}

async fn connect(url: &str, options: &StoreOptions, place: Place) -> Result<Database, StoreError> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some("sqlite") => Database::open_sqlite(url, options, place).await,
        Some("postgres" | "postgresql") => Database::open_postgres(url, options, place).await,
        _ => Err(StoreError::Address(
            "it begins with neither sqlite:// nor postgres://",
        )),
    }
}

async fn open_vault(
    database: &Database,
    url: &str,
    options: &StoreOptions,
    wanted: &EncryptionOptions,
) -> Result<Vault, StoreError> {
    let paired = encryption::key_store(database).await?;
    let place = Place::Keys {
        beside: wanted.keys.is_none(),
        must_exist: paired.is_some(),
    };
    let options = StoreOptions {
        // Each call needs one for a moment only.
        max_connections: options.max_connections.div_ceil(2).max(2),
        ..options.clone()
    };
    let keys = connect(wanted.keys.as_deref().unwrap_or(url), &options, place).await?;
    Vault::open(keys, Arc::clone(&wanted.source), paired.as_deref()).await
}
