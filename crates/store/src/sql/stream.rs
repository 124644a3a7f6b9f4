//! Long reads: one state of the database, read piece by piece, as fast as the pieces are taken.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

use crate::db::{Database, Tx, sql};
use crate::error::{Cause, StoreError};
use crate::open::DatabaseKind;

/// How many pieces wait for their reader.
const AHEAD: usize = 2;

/// Where the pieces of a long read go.
pub(super) struct Pieces<T> {
    sender: mpsc::Sender<Result<T, StoreError>>,
    limit: Duration,
}

// Derived, it would want `T: Clone`.
impl<T> Clone for Pieces<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            limit: self.limit,
        }
    }
}

impl<T> Pieces<T> {
    /// Hands a piece over; false when nobody wants more.
    pub(super) async fn send(&self, piece: T) -> bool {
        self.sender.send(Ok(piece)).await.is_ok()
    }

    /// Limits the reading of one piece: the read as a whole has no limit, a dead connection must not hold it for ever.
    pub(super) async fn in_time<U>(
        &self,
        read: impl Future<Output = Result<U, StoreError>>,
    ) -> Result<U, StoreError> {
        let read = tokio::time::timeout(self.limit, read).await;
        read.map_err(|_| StoreError::Unavailable(Cause::new("a long read made no progress")))?
    }
}

impl Database {
    /// The pieces that `work` sends, in a task that ends with the stream. An error is the last piece.
    pub(super) fn stream<T, W>(&self, work: W) -> BoxStream<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        W: for<'t, 'c> Fn(&'t mut Tx<'c>, Pieces<T>) -> BoxFuture<'t, Result<(), StoreError>>
            + Send
            + Sync
            + 'static,
    {
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let pieces = Pieces {
            sender,
            limit: self.operation_timeout(),
        };
        let database = self.clone();
        tokio::spawn(async move {
            let postgres = database.kind() == DatabaseKind::Postgres;
            let work = std::sync::Arc::new(work);
            let sending = pieces.clone();
            let read = tokio::spawn(async move {
                let read = database.scan(move |tx| {
                    let (work, pieces) = (work.clone(), sending.clone());
                    Box::pin(async move {
                        if postgres {
                            // The reader may pause for long between two pieces.
                            tx.run(sql("SET LOCAL idle_in_transaction_session_timeout = 0"))
                                .await?;
                        }
                        work(tx, pieces).await
                    })
                });
                read.await
            });
            // A read that broke off must never look like one that came to its end.
            let broken = |_| Err(StoreError::Database(Cause::new("a long read broke off")));
            if let Err(error) = read.await.unwrap_or_else(broken) {
                // Nobody may be listening any more.
                drop(pieces.sender.send(Err(error)).await);
            }
        });
        futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }
}
