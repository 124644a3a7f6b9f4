//! Calibrated scores: the only form in which a similarity or a liveness leaves this crate.

/// A calibrated score, 0 to 1. What a value means as a false match rate is stated by the pack's calibration
/// (docs/ARCHITECTURE.md, "What a score means").
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Score(f32);

impl Score {
    /// The lowest score.
    pub const ZERO: Self = Self(0.0);
    /// The highest score.
    pub const ONE: Self = Self(1.0);

    /// `value` clamped to 0..=1; NaN becomes 0.
    #[must_use]
    pub fn new(value: f32) -> Self {
        if value.is_nan() {
            Self::ZERO
        } else {
            Self(value.clamp(0.0, 1.0))
        }
    }

    /// The value, 0 to 1.
    #[must_use]
    pub fn value(self) -> f32 {
        self.0
    }

    /// The value rounded to the 4 decimals that every dialect emits. Thresholds are compared with this value, so that
    /// a client that repeats the comparison comes to the same result.
    #[must_use]
    pub fn rounded(self) -> f64 {
        (f64::from(self.0) * 10_000.0).round() / 10_000.0
    }
}
