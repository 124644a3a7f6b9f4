//! The measured figures that the simulation counts with.

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// All of them; what each is and where it comes from is said in `inputs.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    pub(super) request: Request,
    pub(super) index: Index,
    pub(super) memory: Memory,
    pub(super) rebuild: Rebuild,
    pub(super) point: Point,
}

/// Milliseconds of a core that a search takes beside the index.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) inference: f64,
    pub(super) gateway: f64,
    pub(super) deviation: f64,
    pub(super) queue: usize,
}

/// Milliseconds of a core by faces of a collection.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub(super) exact_below: f64,
    pub(super) exact: Vec<(f64, f64)>,
    pub(super) sketches: Vec<(f64, f64)>,
}

/// Bytes of a face, MiB of a process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub(super) face: f64,
    pub(super) process: f64,
}

/// How fast a node builds its indexes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rebuild {
    pub(super) faces_per_second: f64,
}

/// What was measured with gateways as processes of one machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) gateways: usize,
    pub(super) clients: usize,
    pub(super) cores: usize,
    pub(super) searches_per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) gateway_cpu: f64,
    pub(super) postgres_cpu: f64,
}

impl Inputs {
    /// Those of the repository.
    ///
    /// # Errors
    /// When the file is not right.
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("inputs.toml")).context("inputs.toml")
    }
}

impl Index {
    /// Milliseconds of a core for one search of a collection of so many faces.
    pub(super) fn search(&self, faces: f64) -> f64 {
        match faces < self.exact_below {
            true => along(&self.exact, faces),
            false => along(&self.sketches, faces),
        }
    }
}

impl Memory {
    /// GiB of a node that holds so many faces.
    pub(super) fn node(&self, faces: f64) -> f64 {
        (faces * self.face + self.process * 1_048_576.0) / 1_073_741_824.0
    }
}

/// The line through the two points around `x`, or through the two nearest ones; never below zero.
fn along(points: &[(f64, f64)], x: f64) -> f64 {
    let last = points.len().saturating_sub(2);
    let at = points
        .iter()
        .skip(1)
        .position(|(other, _)| x <= *other)
        .unwrap_or(last)
        .min(last);
    match points.get(at..at + 2) {
        Some(&[(x1, y1), (x2, y2)]) => (y1 + (y2 - y1) * (x - x1) / (x2 - x1)).max(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a fault in a test's setting is a failed test"
    )]

    use super::*;

    #[test]
    fn the_file_is_read_and_its_points_are_met() {
        let inputs = Inputs::read().unwrap();
        let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-9;
        assert!(near(inputs.index.search(10_000.0), 0.26));
        assert!(near(inputs.index.search(100_000.0), 0.96));
        assert!(near(inputs.index.search(1_000_000.0), 7.5));
        assert!(near(inputs.index.search(1_900_000.0), 7.5 + 6.54));
        assert!(inputs.index.search(0.0) >= 0.0);
        assert!(inputs.index.search(40_000.0) > inputs.index.search(10_000.0));
    }
}
