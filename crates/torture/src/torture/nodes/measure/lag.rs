//! How soon a gateway sees what another wrote.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{PATIENCE, milliseconds, quantile};
use crate::{
    report,
    torture::{
        api::{Answer, Api},
        client::Scene,
        nodes::{Plan, cluster::Cluster, watch::Watch},
    },
};

/// Writes a second.
const RATE: u32 = 50;
/// Who writes them.
const WRITERS: u32 = 5;
/// Between questions how far a gateway is.
const PAUSE: Duration = Duration::from_millis(1);

/// Measures it for what is written through the first: persons put into one collection or two, in turns, at a steady rate.
///
/// # Errors
/// When a gateway does not answer, or does not see a write.
pub(super) fn measure(
    plan: &Plan<'_>,
    cluster: &Cluster,
    scene: &Scene,
    ids: &[String],
) -> Result<()> {
    let (apis, watch) = (cluster.apis(|_| PATIENCE)?, cluster.watch()?);
    let writes_through = apis.first().context("there is no gateway")?;
    let stop = AtomicBool::new(false);
    let (writes, looks) = thread::scope(|scope| {
        let lookers: Vec<_> = (1..watch.len())
            .map(|node| {
                let (watch, stop) = (&watch, &stop);
                scope.spawn(move || follow(watch, node, stop))
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(plan, writes_through, scene, ids, writer)))
            .collect();
        let writes: Result<Vec<Vec<Write>>> = writers
            .into_iter()
            .map(|one| match one.join() {
                Ok(writes) => writes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect();
        let newest = writes.iter().flatten().flatten().map(|one| one.revision);
        let all_seen = watch.settled(newest.max().unwrap_or_default());
        stop.store(true, Ordering::Relaxed);
        let looks: Vec<Vec<(Instant, i64)>> = lookers
            .into_iter()
            .filter_map(|one| one.join().ok())
            .collect();
        all_seen?;
        Ok::<_, anyhow::Error>((writes?.concat(), looks))
    })?;
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    for looks in &looks {
        for write in &writes {
            let seen = looks.iter().find(|(_, seen)| *seen >= write.revision);
            let (seen, _) = seen.context("a gateway did not see a write")?;
            asked.push(seen.saturating_duration_since(write.asked));
            answered.push(seen.saturating_duration_since(write.answered));
        }
    }
    let mut took: Vec<_> = writes.iter().map(|one| one.answered - one.asked).collect();
    for times in [&mut asked, &mut answered, &mut took] {
        times.sort();
    }
    let both = |times: &[Duration]| {
        format!(
            "p50 {:.1} ms, p99 {:.1} ms",
            milliseconds(quantile(times, 0.5)),
            milliseconds(quantile(times, 0.99))
        )
    };
    report::line(format_args!(
        "lag: {} writes, {:.1} a second; answered after {}; seen by another gateway after the answer: {}; after the request: {}; {} looks",
        writes.len(),
        writes.len() as f64 / plan.time.as_secs_f64(),
        both(&took),
        both(&answered),
        both(&asked),
        looks.iter().map(Vec::len).sum::<usize>(),
    ));
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Write {
    asked: Instant,
    answered: Instant,
    revision: i64,
}

/// One of the writers: its persons alone, so that each write changes something.
fn write(
    plan: &Plan<'_>,
    api: &Api,
    scene: &Scene,
    ids: &[String],
    writer: u32,
) -> Result<Vec<Write>> {
    let every = Duration::from_secs(1) * WRITERS / RATE;
    let begun = Instant::now() + every * writer / WRITERS;
    let own: Vec<&String> = ids
        .iter()
        .skip(writer as usize)
        .step_by(WRITERS as usize)
        .collect();
    let mut writes = Vec::new();
    for turn in 0.. {
        let due = begun + every * turn;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if begun.elapsed() > plan.time {
            break;
        }
        let (lap, at) = (turn as usize / own.len(), turn as usize % own.len());
        let collections: Vec<_> = scene.collections.iter().take(2 - lap % 2).collect();
        let id = own.get(at).context("there is nobody")?;
        let asked = Instant::now();
        let Answer::Done(_, Some(revision)) = api.place(id, &collections) else {
            continue;
        };
        writes.push(Write {
            asked,
            answered: Instant::now(),
            revision,
        });
    }
    ensure!(!writes.is_empty(), "nothing was written");
    Ok(writes)
}

/// How far the gateway is, again and again.
fn follow(watch: &Watch, node: usize, stop: &AtomicBool) -> Vec<(Instant, i64)> {
    let mut looks = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if let Some(revision) = watch.ready(node) {
            looks.push((Instant::now(), revision));
        }
        thread::sleep(PAUSE);
    }
    looks
}
