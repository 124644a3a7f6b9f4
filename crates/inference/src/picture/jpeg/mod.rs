//! What the general decoder does not do with a JPEG file: saying whether it is complete, and decoding it smaller than it is.

mod complete;
mod reduced;

pub(super) use complete::scans;
pub(super) use reduced::decode as decode_reduced;
#[cfg(any(test, fuzzing))]
pub(crate) use reduced::fuzz as fuzz_reduced;
