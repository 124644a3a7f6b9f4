//! Face templates.

/// A face template: finite, unit length (L2), by construction. Templates of different models are never compared; whoever
/// stores one stores the model's identity ([`crate::EngineInfo::embedder`]) with it.
#[derive(Clone, PartialEq)]
pub struct Embedding(Box<[f32]>);

impl Embedding {
    /// `values` brought to unit length; `None` when they are not finite, empty, or all zero.
    #[must_use]
    pub fn normalised(values: &[f32]) -> Option<Self> {
        let norm = values
            .iter()
            .map(|v| f64::from(*v) * f64::from(*v))
            .sum::<f64>()
            .sqrt();
        if !norm.is_finite() || norm < 1e-12 {
            return None;
        }
        Some(Self(
            values
                .iter()
                .map(|v| (f64::from(*v) / norm) as f32)
                .collect(),
        ))
    }

    /// The mean of `templates` by `weights` (at least 0), brought to unit length; `None` when there are none, their lengths
    /// differ, or they cancel out.
    #[must_use]
    pub fn weighted_mean(templates: &[Self], weights: &[f32]) -> Option<Self> {
        let mut sum = vec![0.0_f32; templates.first()?.0.len()];
        for (template, weight) in templates.iter().zip(weights) {
            if template.0.len() != sum.len() {
                return None;
            }
            for (total, value) in sum.iter_mut().zip(&template.0) {
                *total += value * weight;
            }
        }
        Self::normalised(&sum)
    }

    /// The components, unit length together.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Cosine similarity, -1 to 1. Raw: it leaves this crate only as a calibrated [`crate::Score`].
    pub(crate) fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

// Templates are personal data: none in logs.
impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embedding({} d)", self.0.len())
    }
}
