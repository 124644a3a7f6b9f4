//! Measured calibration: which cosine stands for which false match rate, and how raw liveness becomes a score.

use serde::{Deserialize, Serialize};

/// One measured point of an embedding model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// False match rate of one comparison, 0 to 1.
    pub fmr: f64,
    /// The cosine that this fraction of impostor pairs exceeds, -1 to 1.
    pub cosine: f64,
    /// The fraction of genuine pairs above it in the same measurement, 0 to 1, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tar: Option<f64>,
    /// The rate is below what the impostor pairs can show; the cosine is a straight line through measured points, in log FMR.
    #[serde(default)]
    pub extrapolated: bool,
}

/// Calibration of one embedding model with one detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What was measured, on what: data set, number of pairs, detector.
    pub measured: String,
    /// SHA-256 of the embedding model that was measured. Another artefact of the same model is then reported as provisional.
    pub model_sha256: String,
    /// The anchors are borrowed from another model or too few pairs: they are a guess until measured.
    #[serde(default)]
    pub provisional: bool,
    /// Measured on the operator's own pictures by `rostro eval --write`: set-up keeps it when it renews the manifest.
    #[serde(default, skip_serializing_if = "crate::manifest::is_false")]
    pub own_data: bool,
    /// Mean cosine of impostor pairs; scores 0.
    pub impostor_mean: f64,
    /// By falling FMR, so by rising cosine. Holds at least 1e-2, 1e-3, 1e-4, 1e-5 and 1e-6.
    pub anchors: Vec<Anchor>,
}

impl Calibration {
    /// The cosine at false match rate `fmr`, if the manifest has that anchor.
    #[must_use]
    pub fn cosine_at(&self, fmr: f64) -> Option<f64> {
        self.anchors
            .iter()
            .find(|anchor| (anchor.fmr / fmr - 1.0).abs() < 1e-6)
            .map(|anchor| anchor.cosine)
    }

    /// Why these anchors cannot be used, or `None`.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let mut last = self.impostor_mean;
        let mut last_fmr = 1.0;
        for anchor in &self.anchors {
            if !(anchor.cosine > last && anchor.cosine < 1.0) {
                return Some(format!(
                    "the calibration's cosine {} does not rise from {last} towards 1",
                    anchor.cosine
                ));
            }
            if !(anchor.fmr > 0.0 && anchor.fmr < last_fmr) {
                return Some(format!(
                    "the calibration's fmr {} does not fall from {last_fmr}",
                    anchor.fmr
                ));
            }
            (last, last_fmr) = (anchor.cosine, anchor.fmr);
        }
        [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
            .into_iter()
            .find(|fmr| self.cosine_at(*fmr).is_none())
            .map(|fmr| format!("the calibration has no anchor for fmr {fmr:e}"))
    }
}

/// How the ensemble's raw mean becomes a liveness score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessCalibration {
    /// What was measured, on what.
    pub measured: String,
    /// The raw mean at which as many live pictures are refused as attacks accepted; scores 0.5.
    pub equal_error: f64,
    /// Measured on the operator's own pictures by `rostro eval --pad --write`: set-up keeps it when it renews the manifest.
    #[serde(default, skip_serializing_if = "crate::manifest::is_false")]
    pub own_data: bool,
}
