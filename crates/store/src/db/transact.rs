//! One transaction on one connection.

use std::sync::Arc;
use std::time::Duration;

use sqlx::database::HasStatementCache;
use sqlx::{Connection, Pool, SqlStr};

use super::{Session, Tx, Work, from_sqlx};
use crate::error::{Cause, StoreError};
use crate::vault::Vault;

/// How long a connection may take to undo a transaction before it is given up.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads, and each statement may see a state of its own: no transaction, and two round trips less.
    Look,
    /// Sees one state of the database throughout.
    Read,
    /// Reads and writes; commits at the end.
    Write,
}

/// What the two engines do differently around a transaction.
pub(super) trait Dialect: sqlx::Database + HasStatementCache {
    /// The statement that begins a transaction; none where there is none.
    fn begin(access: Access) -> Option<&'static str>;
    fn session(connection: &mut Self::Connection) -> Session<'_>;
}

/// Runs `work` in a transaction that is committed when it succeeds and undone when it fails or takes longer than `limit`.
///
/// Work that collided is done once more on the same connection, without the statements prepared there: those of a table to which a
/// newer version of this program has just added a column fail from then on. Work without a limit cannot be done again, and begins
/// without them.
pub(super) async fn transact<D: Dialect, T: Send>(
    pool: &Pool<D>,
    access: Access,
    limit: Duration,
    vault: Option<Arc<Vault>>,
    work: &impl Work<T>,
) -> Result<T, StoreError> {
    let mut connection = pool.acquire().await.map_err(from_sqlx)?;
    // A long read gives away what it reads, piece by piece.
    let long = limit == Duration::MAX;
    // What may take as long as it wants must not hold up the end of the server.
    let closing = async {
        if long {
            pool.close_event().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    let done = tokio::time::timeout(limit, async {
        if long {
            let cleared = connection.clear_cached_statements().await;
            cleared.map_err(from_sqlx)?;
        }
        match once::<D, T>(&mut connection, access, vault.clone(), work).await {
            Ok(Err(StoreError::Contended(_))) if !long => {
                let cleared = connection.clear_cached_statements().await;
                cleared.map_err(from_sqlx)?;
                once::<D, T>(&mut connection, access, vault, work).await
            }
            outcome => outcome,
        }
    });
    let outcome = tokio::select! {
        outcome = done => outcome.ok(),
        () = closing => None,
    };
    match outcome {
        Some(Ok(result)) => result,
        // The connection may be broken or its peer dead without a word; back in the pool, or waited for, it would do harm.
        Some(Err(error)) => {
            drop(connection.detach());
            Err(error)
        }
        None => {
            drop(connection.detach());
            Err(error_of_silence())
        }
    }
}

/// What `work` came to; an error of its own when the connection is of no more use.
async fn once<D: Dialect, T: Send>(
    connection: &mut D::Connection,
    access: Access,
    vault: Option<Arc<Vault>>,
    work: &impl Work<T>,
) -> Result<Result<T, StoreError>, StoreError> {
    let Some(begin) = D::begin(access) else {
        return match work(&mut Tx::new(D::session(connection), vault)).await {
            // No undoing will show whether it is still of use.
            Err(error @ StoreError::Unavailable(_)) => Err(error),
            result => Ok(result),
        };
    };
    let mut transaction = connection
        .begin_with(SqlStr::from_static(begin))
        .await
        .map_err(from_sqlx)?;
    let mut tx = Tx::new(D::session(&mut transaction), vault);
    match work(&mut tx).await {
        Ok(value) => {
            transaction.commit().await.map_err(from_sqlx)?;
            Ok(Ok(value))
        }
        Err(error) => {
            let undone = tokio::time::timeout(ROLLBACK_TIMEOUT, transaction.rollback()).await;
            undone.map_or(Err(error_of_silence()), |_| Ok(Err(error)))
        }
    }
}

fn error_of_silence() -> StoreError {
    StoreError::Unavailable(Cause::new("a transaction took too long"))
}
