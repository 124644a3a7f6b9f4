//! Why a search gave no answer.

/// The errors of searches. They know no HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GalleryError {
    /// The indexes are being built; worth trying again in a moment.
    #[error("the search indexes are being built")]
    Loading,
    /// The indexes are further behind the database than a write waits for; they may catch up.
    #[error("the search indexes are behind the database")]
    Behind,
    /// The follower has stopped.
    #[error("the search indexes are not followed any more")]
    Stopped,
    /// The options are not possible.
    #[error("{0}")]
    Options(String),
    /// The probe's template has another length than the gallery's.
    #[error("the probe was made by another model than the gallery")]
    WrongModel,
}
