//! What comes out of many requests.

use std::time::Duration;

/// One answered request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// When it was to be sent, from the start of the measurement.
    pub(crate) at: Duration,
    /// From then to its whole answer.
    pub(crate) took: Duration,
    pub(crate) status: u16,
    pub(crate) retry_after: bool,
}

impl Seen {
    pub(crate) fn accepted(&self) -> bool {
        self.status == 200
    }
}

/// Milliseconds that this part (0 to 1) of the requests took at most.
pub(crate) fn percentile(times: impl IntoIterator<Item = Duration>, part: f64) -> f64 {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    let at = (times.len() as f64 * part).ceil() as usize;
    times
        .get(at.saturating_sub(1))
        .map_or(f64::NAN, |time| millis(*time))
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How long the accepted ones took.
pub(crate) fn accepted(seen: &[Seen]) -> impl Iterator<Item = Duration> {
    seen.iter().filter(|one| one.accepted()).map(|one| one.took)
}
