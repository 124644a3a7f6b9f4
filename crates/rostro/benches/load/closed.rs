//! As many requests at a time as there are connections.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    client::{Connection, Request, unused},
    figures::Seen,
};

/// What one connection asks one after the other, about the pictures of one number. It is answered when the last request is.
pub(crate) type Turn = Vec<Request>;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After this time.
    Time(Duration),
    /// After so many turns in all.
    Turns(usize),
}

/// What was seen, and how long it took.
pub(crate) struct Load {
    pub(crate) seen: Vec<Seen>,
    pub(crate) took: Duration,
}

impl Load {
    /// Only accepted requests.
    ///
    /// # Errors
    /// What else was answered.
    pub(crate) fn sound(self) -> Result<Self> {
        let odd = self.seen.iter().find(|one| !one.accepted());
        ensure!(odd.is_none(), "an unexpected answer: {odd:?}");
        Ok(self)
    }

    /// Accepted turns per second.
    pub(crate) fn rate(&self) -> f64 {
        let accepted = self.seen.iter().filter(|one| one.accepted()).count();
        accepted as f64 / self.took.as_secs_f64()
    }
}

/// Takes one of `turns` after the other over `connections` until then.
pub(crate) fn run(
    address: SocketAddr,
    turns: &[Turn],
    connections: usize,
    until: Until,
) -> Result<Load> {
    let begun = Instant::now();
    let next = AtomicUsize::new(0);
    let one = || -> Result<Vec<Seen>> {
        let mut connection = Connection::new(address)?;
        let mut seen = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let done = match until {
                Until::Time(time) => begun.elapsed() >= time,
                Until::Turns(count) => number >= count,
            };
            if done {
                return Ok(seen);
            }
            let at = begun.elapsed();
            let (mut status, mut retry_after, picture) = (0, false, unused());
            for request in &turns[number % turns.len()] {
                let answer = connection.ask_about(request, picture)?;
                (status, retry_after) = (answer.status, answer.retry_after);
                if status != 200 {
                    break;
                }
            }
            seen.push(Seen {
                at,
                took: begun.elapsed() - at,
                status,
                retry_after,
            });
        }
    };
    let seen: Result<Vec<Vec<Seen>>> = thread::scope(|scope| {
        let running: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        let joined = running.into_iter().map(|thread| thread.join());
        joined
            .map(|seen| seen.ok().context("a client panicked")?)
            .collect()
    });
    Ok(Load {
        seen: seen?.concat(),
        took: begun.elapsed(),
    })
}
