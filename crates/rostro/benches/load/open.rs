//! Requests that come when they come, whether those before them are answered or not.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    client::{Connection, Request},
    figures::Seen,
};

/// Clients that wait for an answer at a time. When all do, the next one is late, which counts as its waiting.
const CLIENTS: usize = 320;

/// Who asks how often.
pub(crate) struct Stream<'a> {
    pub(crate) request: &'a Request,
    /// Requests per second on average, at random times.
    pub(crate) rate: f64,
}

/// Sends each of `streams` for this time; what each saw.
pub(crate) fn run(
    address: SocketAddr,
    streams: &[Stream<'_>],
    time: Duration,
) -> Result<Vec<Vec<Seen>>> {
    let mut arrivals: Vec<(Duration, usize)> = Vec::new();
    let mut random = StdRng::seed_from_u64(7);
    for (number, stream) in streams.iter().enumerate() {
        let mut at = 0.0;
        loop {
            at += -(1.0_f64 - random.random::<f64>()).ln() / stream.rate;
            if at >= time.as_secs_f64() {
                break;
            }
            arrivals.push((Duration::from_secs_f64(at), number));
        }
    }
    arrivals.sort_unstable();
    let next = AtomicUsize::new(0);
    // Connected before the clock starts.
    let connections: Result<Vec<Connection>> =
        (0..CLIENTS).map(|_| Connection::new(address)).collect();
    let begun = Instant::now() + Duration::from_millis(50);
    let one = |mut connection: Connection| -> Result<Vec<(usize, Seen)>> {
        let mut seen = Vec::new();
        while let Some((at, number)) = arrivals.get(next.fetch_add(1, Ordering::Relaxed)) {
            thread::sleep((begun + *at).saturating_duration_since(Instant::now()));
            let answer = connection.ask(streams[*number].request)?;
            let took = begun.elapsed().saturating_sub(*at);
            let (status, retry_after) = (answer.status, answer.retry_after);
            seen.push((
                *number,
                Seen {
                    at: *at,
                    took,
                    status,
                    retry_after,
                },
            ));
        }
        Ok(seen)
    };
    let seen: Result<Vec<Vec<(usize, Seen)>>> = thread::scope(|scope| {
        let running: Vec<_> = connections?
            .into_iter()
            .map(|connection| scope.spawn(|| one(connection)))
            .collect();
        let joined = running.into_iter().map(|thread| thread.join());
        joined
            .map(|seen| seen.ok().context("a client panicked")?)
            .collect()
    });
    let mut by_stream = vec![Vec::new(); streams.len()];
    for (number, one) in seen?.concat() {
        by_stream[number].push(one);
    }
    Ok(by_stream)
}
