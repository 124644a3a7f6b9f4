//! The caller's account: its tokens, its data, and login by one-time code.

mod caller;
pub(super) mod clients;
mod document;
mod failures;
pub(super) mod login;
pub(super) mod session;
