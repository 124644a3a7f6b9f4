//! Counting errors: rates with honest intervals, distributions of cosines, thresholds by folds.

mod distribution;
mod folds;
mod rate;

pub use folds::{Accuracy, Scored, accuracy, equal_error, true_accepts};
pub use rate::{Rate, Unit};

pub(crate) use distribution::{Distribution, edge};
pub(crate) use rate::pairs_of;
