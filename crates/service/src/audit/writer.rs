//! Records on their way into the database: in batches, because each batch extends one chain under one lock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use store::{Catalog, SealKey, StoreError, Verification};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

use crate::observe;

/// Records that may wait, while the database is away. More are dropped, with a warning and a metric.
const WAITING: usize = 16_384;

/// Most records of one transaction.
const BATCH: usize = 256;

/// Pause after a batch: those that come meanwhile are one transaction, where each by itself would cost as much as all of them.
const GATHERING: Duration = Duration::from_millis(20);

/// Pause after the database failed.
const PAUSE: Duration = Duration::from_millis(500);

enum Message {
    Record(Box<Verification>),
    /// Answered when everything before it is written or given up.
    Finish(oneshot::Sender<()>),
}

/// The way in.
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
    /// How many wait for [`Writer::finish`].
    in_a_hurry: Arc<AtomicUsize>,
}

impl Writer {
    /// Starts the task that writes; it ends with the last way in.
    pub(super) fn start(store: Arc<dyn Catalog>, key: SealKey) -> Self {
        let (messages, receiver) = mpsc::channel(WAITING);
        let in_a_hurry = Arc::<AtomicUsize>::default();
        let task = Task {
            store,
            key,
            in_a_hurry: Arc::clone(&in_a_hurry),
        };
        tokio::spawn(task.run(receiver));
        Self {
            messages,
            in_a_hurry,
        }
    }

    /// Takes a record. Returns at once.
    pub(super) fn write(&self, record: Verification) {
        if let Err(refused) = self.messages.try_send(Message::Record(Box::new(record)))
            && let Message::Record(record) = refused.into_inner()
        {
            observe::audit_dropped(1);
            let request_id = record.request_id;
            tracing::warn!(request_id, "audit record dropped: too many are waiting");
        }
    }

    /// Waits until what was taken is written, or was given up because the database is away.
    pub(super) async fn finish(&self) {
        let (done, is_done) = oneshot::channel();
        self.in_a_hurry.fetch_add(1, Ordering::Relaxed);
        // Either fails only when the task is gone: with its runtime.
        if self.messages.send(Message::Finish(done)).await.is_ok() {
            let _ = is_done.await;
        }
        self.in_a_hurry.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Task {
    store: Arc<dyn Catalog>,
    key: SealKey,
    in_a_hurry: Arc<AtomicUsize>,
}

impl Task {
    async fn run(self, mut messages: mpsc::Receiver<Message>) {
        let mut next = Vec::with_capacity(BATCH);
        while messages.recv_many(&mut next, BATCH).await > 0 {
            let (mut records, mut finished) = (Vec::new(), Vec::new());
            for message in next.drain(..) {
                match message {
                    Message::Record(record) => records.push(*record),
                    Message::Finish(done) => finished.push(done),
                }
            }
            self.write(records).await;
            for done in finished {
                // Whoever asked may be gone.
                let _ = done.send(());
            }
            if self.in_a_hurry.load(Ordering::Relaxed) == 0 {
                sleep(GATHERING).await;
            }
        }
    }

    /// Writes a batch, as soon as the database is there.
    async fn write(&self, records: Vec<Verification>) {
        loop {
            match self.store.append_audit(&self.key, records.clone()).await {
                Ok(()) => return,
                Err(StoreError::Unavailable(_)) if self.in_a_hurry.load(Ordering::Relaxed) == 0 => {
                    sleep(PAUSE).await;
                }
                // One of them may be at fault: the others must not go with it.
                Err(StoreError::ClientNotFound) if records.len() > 1 => {
                    for record in records {
                        let written = self.store.append_audit(&self.key, vec![record]).await;
                        let _ = written.inspect_err(|error| gave_up(error, 1));
                    }
                    return;
                }
                Err(error) => return gave_up(&error, records.len()),
            }
        }
    }
}

fn gave_up(error: &StoreError, records: usize) {
    observe::audit_dropped(records as u64);
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, records, "audit records not written");
}
