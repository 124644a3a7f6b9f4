//! A fixed pool of threads, each with a pipeline of its own, fed by one bounded queue.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

use ort::session::builder::PrepackedWeights;

use super::{
    queue::{Lane, Pushed, Queue},
    work::Work,
};
use crate::{EngineError, Pipeline, StartError};

/// A unit of work; with no pipeline it says that there was no place for it.
pub(super) type Job = Box<dyn FnOnce(Option<&mut Pipeline>) + Send>;

struct Waiting {
    jobs: Queue<Job>,
    stopping: bool,
}

struct Shared {
    queue: Mutex<Waiting>,
    wake: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that can panic runs under the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running workers.
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    // The sessions use these weights; they must go last.
    _weights: Vec<PrepackedWeights>,
}

impl Pool {
    /// One thread for each of `pipelines`; at most `limit` jobs wait.
    pub(super) fn start(
        pipelines: Vec<Pipeline>,
        limit: usize,
        weights: Vec<PrepackedWeights>,
    ) -> Result<Self, StartError> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Waiting {
                jobs: Queue::new(limit),
                stopping: false,
            }),
            wake: Condvar::new(),
        });
        let mut pool = Self {
            shared,
            workers: Vec::with_capacity(pipelines.len()),
            _weights: weights,
        };
        for (number, pipeline) in pipelines.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            pool.workers.push(
                thread::Builder::new()
                    .name(format!("inference-{number}"))
                    .spawn(move || work(&shared, pipeline))?,
            );
        }
        Ok(pool)
    }

    /// Queues `job`. Where there is no place for it, it or another one is told so.
    ///
    /// # Errors
    /// [`EngineError::Stopped`].
    pub(super) fn submit(&self, lane: Lane, job: Job) -> Result<(), EngineError> {
        let mut queue = self.shared.lock();
        if queue.stopping {
            return Err(EngineError::Stopped);
        }
        let pushed = queue.jobs.push(lane, job, Instant::now());
        drop(queue);
        match pushed {
            Pushed::Waits => self.shared.wake.notify_one(),
            // As many wait as before.
            Pushed::InPlaceOf(job) | Pushed::Refused(job) => job(None),
        }
        Ok(())
    }

    /// Jobs that wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.shared.lock().jobs.waiting()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A job that holds the last clone of the engine drops the pool on a worker's own thread.
            if worker.thread().id() != thread::current().id() {
                let _ = worker.join();
            }
        }
    }
}

fn work(shared: &Arc<Shared>, mut pipeline: Pipeline) {
    while let Some((lane, job)) = next(shared) {
        pipeline.work = Work::next(Turn(Arc::clone(shared)));
        run(shared, &mut pipeline, lane, job);
    }
}

fn run(shared: &Shared, pipeline: &mut Pipeline, lane: Lane, job: Job) {
    if catch_unwind(AssertUnwindSafe(|| job(Some(pipeline)))).is_err() {
        tracing::error!("an inference job panicked; its request fails, the worker goes on");
    }
    let taken = pipeline.work.take_untold();
    shared.lock().jobs.took(lane, taken, Instant::now());
}

/// The turn of a job: where others have taken less of the workers than its lane, they go first, in the middle of it.
#[derive(Clone)]
pub(crate) struct Turn(Arc<Shared>);

impl Turn {
    /// Lets who is to go first go first, on the worker that `pipeline` belongs to, whose job stands still meanwhile.
    pub(crate) fn give_way(&self, pipeline: &mut Pipeline) {
        let Self(shared) = self;
        let own = pipeline.work.lane();
        loop {
            let taken = pipeline.work.take_untold();
            let mut queue = shared.lock();
            let now = Instant::now();
            queue.jobs.took(own, taken, now);
            let first = queue.jobs.pop_before(own, now);
            drop(queue);
            let Some((lane, job)) = first else {
                return;
            };
            let before = pipeline.work.before();
            let waiting = std::mem::replace(&mut pipeline.work, before);
            run(shared, pipeline, lane, job);
            pipeline.work = waiting;
            pipeline.work.resume();
        }
    }
}

/// The next job and whose it is, waiting for one; `None` once the pool is stopping and the queue is empty.
fn next(shared: &Shared) -> Option<(Lane, Job)> {
    let mut queue = shared.lock();
    loop {
        if let Some(next) = queue.jobs.pop(Instant::now()) {
            return Some(next);
        }
        if queue.stopping {
            return None;
        }
        queue = shared
            .wake
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner);
    }
}
