//! The two databases behind one small interface: statements in, rows out, inside transactions that own their task.
//! Nothing here knows a table.

mod fault;
mod migrations;
mod postgres;
mod session;
mod sqlite;
mod statement;
mod transact;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use crate::change::Revision;
use crate::error::{Cause, StoreError};
use crate::open::DatabaseKind;
use crate::sql::VectorTables;
use crate::vault::Vault;
use transact::{Access, transact};

pub(crate) use fault::from_sqlx;
pub(crate) use session::{Session, Tx};
pub(crate) use statement::{Row, Statement, Value, in_list, insert_many, sql};

/// How often a transaction that collided with another one is run again.
const ATTEMPTS: u32 = 5;

/// An open database. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Database(Arc<Inner>);

/// A database that may have been dropped meanwhile: what a task holds that must not keep it open.
pub(crate) struct WeakDatabase(Weak<Inner>);

struct Inner {
    engine: Engine,
    operation_timeout: Duration,
    /// The newest revision that this node has heard of.
    newest: watch::Sender<Revision>,
    follower: OnceLock<Follower>,
    vault: OnceLock<Arc<Vault>>,
    /// The tables of vectors that this process knows of.
    vectors: Mutex<VectorTables>,
}

/// What a database is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The tables of the migrations.
    Main,
    /// A key store, which makes its tables itself.
    Keys {
        /// The address is that of the main database, and the key store is beside that.
        beside: bool,
        /// It must be there already.
        must_exist: bool,
    },
}

pub(crate) enum Engine {
    Postgres(PgPool),
    /// One connection that writes, some that read: SQLite lets only one write at a time, and a queue in front of it is
    /// fairer than its busy handler.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
}

/// A task that ends with its database.
struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Work inside a transaction: it may run several times, so it borrows what it was given.
pub(crate) trait Work<T>:
    for<'t, 'c> Fn(&'t mut Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static
{
}

impl<T, F> Work<T> for F where
    F: for<'t, 'c> Fn(&'t mut Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>>
        + Send
        + Sync
        + 'static
{
}

impl Database {
    fn new(engine: Engine, operation_timeout: Duration) -> Self {
        let newest = watch::Sender::new(Revision::ZERO);
        Self(Arc::new(Inner {
            engine,
            operation_timeout,
            newest,
            follower: OnceLock::new(),
            vault: OnceLock::new(),
            vectors: Mutex::default(),
        }))
    }

    pub(crate) fn kind(&self) -> DatabaseKind {
        match self.0.engine {
            Engine::Postgres(_) => DatabaseKind::Postgres,
            Engine::Sqlite { .. } => DatabaseKind::Sqlite,
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn operation_timeout(&self) -> Duration {
        self.0.operation_timeout
    }

    pub(crate) fn newest(&self) -> &watch::Sender<Revision> {
        &self.0.newest
    }

    pub(crate) fn downgrade(&self) -> WeakDatabase {
        WeakDatabase(Arc::downgrade(&self.0))
    }

    /// Where the data keys are, when persons are sealed.
    pub(crate) fn vault(&self) -> Option<&Arc<Vault>> {
        self.0.vault.get()
    }

    /// From now on persons are sealed with keys of this vault.
    pub(crate) fn unlock(&self, vault: Vault) {
        // There is one for the life of a database.
        drop(self.0.vault.set(Arc::new(vault)));
    }

    /// The tables of vectors that this process knows of.
    pub(crate) fn vector_tables(&self) -> VectorTables {
        let known = self.0.vectors.lock();
        known.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes which tables of vectors there are, unless newer ones are known. A transaction that is undone afterwards does no harm: it
    /// made none.
    pub(crate) fn learn_vector_tables(&self, tables: VectorTables) {
        let known = self.0.vectors.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if tables.generation > known.generation {
            *known = tables;
        }
    }

    /// A task that is aborted when the database is closed or dropped.
    pub(crate) fn keep(&self, task: JoinHandle<()>) {
        // A second one is dropped, and so aborted.
        drop(self.0.follower.set(Follower(task)));
    }

    pub(crate) async fn close(&self) {
        if let Some(follower) = self.0.follower.get() {
            follower.0.abort();
        }
        match &self.0.engine {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
        if let Some(vault) = self.0.vault.get() {
            // A vault has none of its own.
            Box::pin(vault.close()).await;
        }
    }

    /// Runs `work`, which only reads, each statement perhaps of another state of the database.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        self.in_task(Access::Look, work).await
    }

    /// Runs `work` on one state of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        self.in_task(Access::Read, work).await
    }

    /// Runs `work` and commits what it did, or undoes it when it fails.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        self.in_task(Access::Write, work).await
    }

    /// Runs `work` once, for as long as it wants, and commits what it did or undoes it.
    pub(crate) async fn write_at_length<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        let task = tokio::spawn(async move {
            let limit = Duration::MAX;
            database.once(Access::Write, limit, &work).await
        });
        task.await.unwrap_or_else(broken_off)
    }

    /// Runs `work` once on one state of the database, for as long as it wants: it has to limit its own waiting.
    pub(crate) async fn scan<T: Send>(&self, work: impl Work<T>) -> Result<T, StoreError> {
        self.once(Access::Read, Duration::MAX, &work).await
    }

    /// A task of its own, because a caller may be cancelled at any moment: a write must go on, and a connection that is
    /// dropped in the middle of a query can block its place in the pool for ever (sqlx issue 4349).
    async fn in_task<T: Send + 'static>(
        &self,
        access: Access,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        let task = tokio::spawn(async move { database.attempts(access, work).await });
        task.await.unwrap_or_else(broken_off)
    }

    async fn attempts<T: Send>(&self, access: Access, work: impl Work<T>) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            match self.once(access, self.0.operation_timeout, &work).await {
                Err(StoreError::Contended(cause)) if attempt < ATTEMPTS => {
                    tracing::debug!(%cause, attempt, "a transaction collided with another one");
                    let pause = rand::random_range(1..=10 * attempt);
                    tokio::time::sleep(Duration::from_millis(u64::from(pause))).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn once<T: Send>(
        &self,
        access: Access,
        limit: Duration,
        work: &impl Work<T>,
    ) -> Result<T, StoreError> {
        let vault = self.vault().cloned();
        match (&self.0.engine, access) {
            (Engine::Postgres(pool), _) => transact(pool, access, limit, vault, work).await,
            (Engine::Sqlite { readers, .. }, Access::Look | Access::Read) => {
                transact(readers, access, limit, vault, work).await
            }
            (Engine::Sqlite { writer, .. }, Access::Write) => {
                transact(writer, access, limit, vault, work).await
            }
        }
    }
}

/// What a transaction comes to whose task did not end by itself.
fn broken_off<T>(stopped: JoinError) -> Result<T, StoreError> {
    let cause = if stopped.is_panic() {
        "a transaction panicked"
    } else {
        "the server stops"
    };
    Err(StoreError::Database(Cause::new(cause)))
}

impl WeakDatabase {
    pub(crate) fn upgrade(&self) -> Option<Database> {
        self.0.upgrade().map(Database)
    }
}
