//! Writes: answered when they are durable, and visible to searches on this node.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use inference::EngineError;
use store::{Committed, StoreError};

use super::ServiceError;
use crate::{App, revisions};

/// Does a write and waits until this node's searches see it, in a task of its own: a client that goes away cannot part the two.
pub(super) async fn visible<T: Send + 'static>(
    app: &App,
    write: impl Future<Output = Result<Committed<T>, StoreError>> + Send + 'static,
) -> Result<T, ServiceError> {
    let committed = committed(app, write).await?;
    Ok(committed.value)
}

/// As [`visible`], with what is known of the commit.
pub(super) async fn committed<T: Send + 'static>(
    app: &App,
    write: impl Future<Output = Result<Committed<T>, StoreError>> + Send + 'static,
) -> Result<Committed<T>, ServiceError> {
    let gallery = Arc::clone(&app.gallery);
    let task = tokio::spawn(async move {
        let committed = write.await?;
        gallery.reached(committed.revision).await?;
        Ok(committed)
    });
    match task.await {
        Ok(done) => done.inspect(|committed| revisions::tell(committed.revision)),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Cancelled: the runtime is shutting down.
            Err(_) => Err(EngineError::Stopped.into()),
        },
    }
}
