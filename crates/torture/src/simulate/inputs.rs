//! The measured point that the simulation is held against.

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// What each is and where it comes from is said in `inputs.toml`. Times are milliseconds.
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
    pub(super) deviation: f64,
}

impl Point {
    /// That of the repository.
    ///
    /// # Errors
    /// When the file is not right.
    pub(super) fn read() -> Result<Self> {
        toml::from_str(include_str!("inputs.toml")).context("inputs.toml")
    }
}
