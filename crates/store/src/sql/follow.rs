//! Hearing of the changes that other nodes and processes make.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use super::changes;
use crate::db::{Database, Engine, WeakDatabase};

/// The channel that the database notifies; see the migration of `revision`.
const CHANNEL: &str = "rostro_revision";

/// Starts to follow. It ends with the database.
pub(crate) fn start(database: &Database, poll_interval: Duration) {
    let weak = database.downgrade();
    let wake = Arc::new(Notify::new());
    let task = match database.engine() {
        Engine::Postgres(pool) => {
            let (pool, listening) = (pool.clone(), wake.clone());
            tokio::spawn(async move {
                // Either ends when the database is closed.
                tokio::select! {
                    () = listen(pool, listening, poll_interval) => {}
                    () = poll(weak, wake, poll_interval) => {}
                }
            })
        }
        Engine::Sqlite { .. } => tokio::spawn(poll(weak, wake, poll_interval)),
    };
    database.keep(task);
}

/// Looks at the revision when woken, and from time to time in case a notification was lost.
async fn poll(database: WeakDatabase, wake: Arc<Notify>, interval: Duration) {
    let mut healthy = true;
    loop {
        let Some(database) = database.upgrade() else {
            return;
        };
        let result = database.look(|tx| Box::pin(changes::newest(tx))).await;
        match &result {
            Ok(revision) => database.hear(*revision),
            // Once per outage, not twice a second.
            Err(error) if healthy => {
                tracing::warn!(%error, cause = cause(error), "changes of other nodes cannot be followed")
            }
            Err(_) => {}
        }
        healthy = result.is_ok();
        drop(database);
        wait(&wake, interval).await;
    }
}

async fn wait(wake: &Notify, interval: Duration) {
    // Elapsing is as good as being woken.
    drop(tokio::time::timeout(interval, wake.notified()).await);
}

/// Wakes at every notification; connects again, for ever, when the connection is lost.
async fn listen(pool: PgPool, wake: Arc<Notify>, pause: Duration) {
    while !pool.is_closed() {
        let lost = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.listen(CHANNEL).await?;
            loop {
                // Also after a reconnection, which says nothing: something may have been missed.
                wake.notify_one();
                listener.try_recv().await?;
            }
        };
        let Err::<std::convert::Infallible, sqlx::Error>(_) = lost.await;
        tokio::time::sleep(pause).await;
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
