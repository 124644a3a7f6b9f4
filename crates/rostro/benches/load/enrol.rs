//! Searches while persons are enrolled.
//!
//! The enrolments go through the store, as those of another node do: making 50 templates a second would take the cores that the
//! searches are measured on.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use super::{
    Args, bodies,
    client::Request,
    closed::Until,
    figures::{accepted, percentile},
    fill::Filled,
    process::{self, Server},
};

/// Enrolments per second.
const RATE: u32 = 50;
/// The account.
const ACCOUNT: &str = "bench";

/// Prints the times of searches without and with enrolments.
pub(crate) fn run(args: &Args) -> Result<()> {
    let data = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let filled = runtime.block_on(Filled::new(data.path(), &args.pack, ACCOUNT, args.faces))?;
    let token = process::token(data.path(), &args.pack, ACCOUNT)?;
    let picture = bodies::base64(&bodies::composite())?;
    let body = bodies::body("search", &picture, &filled.collection);
    let turn = vec![Request::post(&bodies::path("search"), &token, &body)];
    let server = Server::start(data.path(), &args.pack, &[])?;
    let search = |time| {
        let turns = std::slice::from_ref(&turn);
        super::closed::run(server.address, turns, 1, Until::Time(time))
    };
    let time = Duration::from_secs(args.seconds);
    search(Duration::from_secs(3))?;
    let calm = search(time)?;
    let (stop, enrolled) = (AtomicBool::new(false), AtomicUsize::new(0));
    let collection = filled.collection.parse().ok().context("no code")?;
    let busy = std::thread::scope(|scope| -> Result<_> {
        let enrolling = scope.spawn(|| -> Result<()> {
            let begun = Instant::now();
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let due = begun + number * Duration::from_secs(1) / RATE;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                let unused = args.faces + number as usize;
                runtime.block_on(filled.enrol(unused, collection))?;
                enrolled.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        let busy = search(time);
        stop.store(true, Ordering::Relaxed);
        enrolling.join().ok().context("the enrolling panicked")??;
        busy
    })?;
    let p = |load: &super::closed::Load, part| percentile(accepted(&load.seen), part);
    println!("search among {} faces, FAST, one at a time:", args.faces);
    println!(
        "  alone: {} searches, p50 {:.1} ms, p99 {:.1} ms",
        calm.seen.len(),
        p(&calm, 0.5),
        p(&calm, 0.99)
    );
    println!(
        "  with {:.1} enrolments/s of three faces: {} searches, p50 {:.1} ms, p99 {:.1} ms: {:.2} x",
        enrolled.load(Ordering::Relaxed) as f64 / time.as_secs_f64(),
        busy.seen.len(),
        p(&busy, 0.5),
        p(&busy, 0.99),
        p(&busy, 0.99) / p(&calm, 0.99),
    );
    Ok(())
}
