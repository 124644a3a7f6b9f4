//! A model that does not exist, and what its cosines mean: for tests and benches.

use std::sync::Arc;

use inference::MatchScale;
use packs::{Anchor, Calibration};
use store::ModelId;

/// The model that is said to have made the templates.
pub(crate) fn model() -> ModelId {
    ModelId::from([7; 32])
}

/// A scale through these false match rates and cosines.
pub(crate) fn scale(anchors: &[(f64, f64)]) -> Arc<MatchScale> {
    let anchor = |&(fmr, cosine)| Anchor {
        fmr,
        cosine,
        tar: None,
        extrapolated: false,
    };
    Arc::new(MatchScale::new(&Calibration {
        measured: "made up".to_owned(),
        model_sha256: String::new(),
        provisional: true,
        own_data: false,
        impostor_mean: 0.0,
        anchors: anchors.iter().map(anchor).collect(),
    }))
}
