//! Jobs that take long: others go first in the middle of them, and they end with their time, or with whoever waited for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Data, STANDARD, data, pipeline};
use crate::{Engine, EngineConfig, EngineError, Lane, Pipeline};

const LONG: Duration = Duration::from_secs(60);

fn engine(data: &Data, job_time: Duration) -> Engine {
    let config = EngineConfig {
        workers: 1,
        job_time: Some(job_time),
        ..EngineConfig::default()
    };
    Engine::start(&data.pack(STANDARD, |_| {}), &config).unwrap()
}

/// Decodes one picture again and again, until it is told not to go on.
fn endless(data: &Data, decoded: &Arc<AtomicUsize>) -> impl FnOnce(&mut Pipeline) + Send + use<> {
    let (file, decoded) = (data.bytes("compreface/004_A.jpg"), Arc::clone(decoded));
    move |pipeline| {
        while pipeline.decode_whole(&file).is_ok() {
            decoded.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn until(count: &AtomicUsize, most: usize) {
    let since = Instant::now();
    while count.load(Ordering::SeqCst) < most {
        assert!(since.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_job_ends_when_its_time_is_up() {
    let Some(data) = data() else { return };
    let (engine, decoded) = (engine(&data, Duration::from_millis(300)), Arc::default());
    let done = engine.run_for(Lane(1), endless(&data, &decoded)).await;
    assert_eq!(done, Err(EngineError::TooLong));
    // The worker goes on with the next, and the server's own jobs have any time.
    assert_eq!(engine.run_for(Lane(1), |_| 7).await, Ok(7));
}

#[tokio::test]
async fn a_job_ends_when_nobody_waits_for_it() {
    let Some(data) = data() else { return };
    let (engine, decoded) = (engine(&data, LONG), Arc::<AtomicUsize>::default());
    let job = tokio::spawn({
        let (engine, job) = (engine.clone(), endless(&data, &decoded));
        async move { engine.run_for(Lane(1), job).await }
    });
    until(&decoded, 2).await;
    job.abort();
    let since = Instant::now();
    assert_eq!(engine.run_for(Lane(1), |_| 7).await, Ok(7));
    assert!(since.elapsed() < LONG / 4, "{:?}", since.elapsed());
}

#[tokio::test]
async fn whoever_asks_for_little_goes_first_in_the_middle_of_much() {
    let Some(data) = data() else { return };
    let (engine, decoded) = (engine(&data, LONG), Arc::<AtomicUsize>::default());
    let greedy = tokio::spawn({
        let (engine, job) = (engine.clone(), endless(&data, &decoded));
        async move { engine.run_for(Lane(1), job).await }
    });
    until(&decoded, 5).await;
    for _ in 0..5 {
        let before = decoded.load(Ordering::SeqCst);
        assert_eq!(engine.run_for(Lane(2), |_| 7).await, Ok(7));
        let meanwhile = decoded.load(Ordering::SeqCst) - before;
        assert!(meanwhile <= 3, "{meanwhile} pictures came first");
    }
    // A panic there is no business of the job that stands still.
    let panicked = engine.run_for(Lane(2), |_| panic!("on purpose")).await;
    assert_eq!(panicked, Err::<(), _>(EngineError::Panicked));
    let before = decoded.load(Ordering::SeqCst);
    until(&decoded, before + 2).await;
    greedy.abort();
}

#[test]
fn of_many_faces_the_largest_are_looked_at() {
    let Some(data) = data() else { return };
    let mut all = pipeline(&data.pack(STANDARD, |_| {}));
    let file = data.bytes("insightface/t1.jpg");
    let image = all.decode(&file).unwrap();
    let faces = all.faces(&image).unwrap();
    assert!(
        faces.len() > 2 && all.faces_left_out() == 0,
        "{}",
        faces.len()
    );
    let mut few = pipeline(&data.pack(STANDARD, |_| {}));
    few.limits.max_faces = 2;
    let image = few.decode(&file).unwrap();
    assert_eq!(few.faces(&image).unwrap(), faces[..2]);
    assert_eq!(few.faces_left_out(), faces.len() - 2);
}
