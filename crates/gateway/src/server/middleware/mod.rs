//! What happens around every route.

mod admit;
mod answers;
mod body;
mod cors;
mod guard;
mod limits;
mod observe;
mod receipts;
mod revisions;
mod warnings;

pub(super) use admit::{Accounts, Credential, Strangers, accounts, strangers};
pub(super) use answers::{json_errors, page_headers, panicked};
pub(super) use body::body_limit;
pub(super) use cors::cors;
pub(super) use guard::guard;
pub(super) use limits::{TimeLimits, timeout};
pub use observe::REQUEST_ID;
pub(super) use observe::observe;
pub(super) use receipts::{RECEIPT, receipts};
pub(super) use revisions::{document_revisions, revisions};
pub(super) use warnings::{document_warnings, picture_warnings};
