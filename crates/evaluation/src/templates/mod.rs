//! From labelled pictures to templates, as comparisons make them, kept in a cache on the way.

mod cache;
mod embed;

pub use cache::Cache;
pub use embed::{Looking, Outcome, Refusal, embed};
