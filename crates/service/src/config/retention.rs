//! `[retention]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// How long what is stored is kept. Zero is for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// Records of the audit; zero keeps them for ever.
    #[serde(with = "duration")]
    pub audit: Duration,
    /// Persons whom nobody has changed for so long; zero keeps them for ever.
    #[serde(with = "duration")]
    pub persons: Duration,
}

impl RetentionConfig {
    /// How long records of the audit are kept, unless it is for ever.
    #[must_use]
    pub fn audit(&self) -> Option<Duration> {
        (!self.audit.is_zero()).then_some(self.audit)
    }

    /// How long persons are kept whom nobody changes, unless it is for ever.
    #[must_use]
    pub fn persons(&self) -> Option<Duration> {
        (!self.persons.is_zero()).then_some(self.persons)
    }
}
