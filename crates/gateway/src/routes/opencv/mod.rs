//! What the two `x-api-key` dialects share: who asks, and how bodies and queries are read. Each has its own words for what is wrong.

pub(crate) mod body;
mod caller;
pub(crate) mod document;
mod extract;

pub(crate) use caller::Owner;
pub(crate) use document::ApiKeyScheme;
pub(crate) use extract::extractors;
