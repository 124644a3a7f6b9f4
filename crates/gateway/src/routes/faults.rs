//! What goes wrong inside, into the log: every dialect answers it in its own words, and none tells a client more.

use gallery::GalleryError;
use store::StoreError;

/// The database is away: it may answer later.
pub(super) fn database_away(error: &StoreError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "the database did not answer");
}

/// The database will not do better later.
pub(super) fn database_failed(error: &StoreError) {
    let error = error as &dyn std::error::Error;
    tracing::error!(error, "the database failed");
}

/// The search was built wrong.
pub(super) fn search_failed(error: &GalleryError) {
    tracing::error!(%error, "the search failed");
}

/// A job of the engine ended in a panic, which cost its own request.
pub(super) fn job_panicked() {
    tracing::error!("an inference job panicked");
}
