//! Presentation attack detection: how many attacks pass as live, and how many live faces do not (ISO/IEC 30107-3).

mod folder;
mod judge;
mod rates;
mod report;

pub use folder::{Presentation, Presentations};
pub use judge::{Judged, judge};
pub use rates::{AtThreshold, NotEnough, PadReport, liveness_calibration, measure};
pub use report::save;
