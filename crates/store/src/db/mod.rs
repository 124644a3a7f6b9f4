//! The two databases behind one small interface: statements in, rows out, inside transactions that own their task.
//! Nothing here knows a table.

mod fault;
mod postgres;
mod session;
mod sqlite;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{Connection, PgPool, Pool, SqlStr, SqlitePool};

use crate::error::{Cause, StoreError};
use crate::open::DatabaseKind;

pub(crate) use fault::from_sqlx;
pub(crate) use session::{Session, Tx};
pub(crate) use statement::{Row, sql};

/// How often a transaction that collided with another one is run again.
const ATTEMPTS: u32 = 5;

/// An open database. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Database(Arc<Inner>);

struct Inner {
    engine: Engine,
    operation_timeout: Duration,
}

enum Engine {
    Postgres(PgPool),
    /// One connection that writes, some that read: SQLite lets only one write at a time, and a queue in front of it is
    /// fairer than its busy handler.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
}

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Sees one state of the database throughout.
    Read,
    /// Reads and writes; commits at the end.
    Write,
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

/// What the two engines do differently around a transaction.
trait Dialect: sqlx::Database {
    fn begin(access: Access) -> &'static str;
    fn session(connection: &mut Self::Connection) -> Session<'_>;
}

impl Database {
    fn new(engine: Engine, operation_timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            engine,
            operation_timeout,
        }))
    }

    pub(crate) fn kind(&self) -> DatabaseKind {
        match self.0.engine {
            Engine::Postgres(_) => DatabaseKind::Postgres,
            Engine::Sqlite { .. } => DatabaseKind::Sqlite,
        }
    }

    pub(crate) async fn close(&self) {
        match &self.0.engine {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }

    /// Runs `work` on one state of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        self.spawn(Access::Read, work).await
    }

    /// Runs `work` and commits what it did, or undoes it when it fails.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        self.spawn(Access::Write, work).await
    }

    /// A task of its own, because a caller may be cancelled at any moment: a write must go on, and a connection that is
    /// dropped in the middle of a query can block its place in the pool for ever (sqlx issue 4349).
    async fn spawn<T: Send + 'static>(
        &self,
        access: Access,
        work: impl Work<T>,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        let task = tokio::spawn(async move { database.attempts(access, work).await });
        task.await.unwrap_or_else(|stopped| {
            Err(StoreError::Database(Cause::new(if stopped.is_panic() {
                "a transaction panicked"
            } else {
                "the server stops"
            })))
        })
    }

    async fn attempts<T: Send>(&self, access: Access, work: impl Work<T>) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            match self.once(access, &work).await {
                Err(StoreError::Contended(cause)) if attempt < ATTEMPTS => {
                    tracing::debug!(%cause, attempt, "a transaction collided with another one");
                    tokio::time::sleep(Duration::from_millis(u64::from(rand::random_range(
                        1..=10 * attempt,
                    ))))
                    .await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn once<T: Send>(&self, access: Access, work: &impl Work<T>) -> Result<T, StoreError> {
        let limit = self.0.operation_timeout;
        match (&self.0.engine, access) {
            (Engine::Postgres(pool), _) => transact(pool, access, limit, work).await,
            (Engine::Sqlite { readers, .. }, Access::Read) => {
                transact(readers, access, limit, work).await
            }
            (Engine::Sqlite { writer, .. }, Access::Write) => {
                transact(writer, access, limit, work).await
            }
        }
    }
}

async fn transact<D: Dialect, T: Send>(
    pool: &Pool<D>,
    access: Access,
    limit: Duration,
    work: &impl Work<T>,
) -> Result<T, StoreError> {
    let mut connection = pool.acquire().await.map_err(from_sqlx)?;
    let outcome = tokio::time::timeout(limit, async {
        let mut transaction = connection
            .begin_with(SqlStr::from_static(D::begin(access)))
            .await
            .map_err(from_sqlx)?;
        let mut tx = Tx::new(D::session(&mut transaction));
        match work(&mut tx).await {
            Ok(value) => {
                transaction.commit().await.map_err(from_sqlx)?;
                Ok(value)
            }
            Err(error) => {
                // A rollback that fails has lost its connection, and with it the transaction.
                drop(transaction.rollback().await);
                Err(error)
            }
        }
    })
    .await;
    outcome.unwrap_or_else(|_elapsed| {
        // The peer may be dead without a word: waiting for it would keep the place in the pool.
        drop(connection.detach());
        Err(StoreError::Unavailable(Cause::new(
            "a transaction took too long",
        )))
    })
}
