//! What a model pack's scores mean on labelled pictures: error rates, calibration anchors, plots. No HTTP, no database.
//!
//! [`DataSet`] and [`PairList`] say what is compared, [`embed`] makes templates through the engine as `compare` does,
//! [`evaluate()`] turns them into a [`Report`], [`calibration`] that into what a pack's manifest holds. [`pad`] is the same for
//! liveness. Cosines stay in here and in reports to the operator; requests see scores alone.

mod anchors;
mod calibrate;
mod data;
mod error;
mod evaluate;
pub mod pad;
mod pairwise;
mod plot;
mod report;
mod scale;
mod stats;
mod templates;
mod verification;

pub use anchors::Anchor;
pub use calibrate::{MIN_IMPOSTORS, MIN_PEOPLE, NotCalibrated, calibration};
pub use data::{DataSet, Groups, MAX_GROUPS, Pair, PairList, Picture};
pub use error::EvalError;
pub use evaluate::{Setting, evaluate};
pub use report::{Report, save};
pub use stats::{Accuracy, Rate, Scored, Unit, accuracy, equal_error, true_accepts};
pub use templates::{Cache, Looking, Outcome, Refusal, embed};
